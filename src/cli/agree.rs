//! Asking before something happens that cannot be taken back.

use crate::problem::{Problem, Problems};

use super::{CliError, Context};

/// Has the person type the campaign's slug, which nobody does by accident. `to` says
/// for what, as `to send it`; `refused` is the problem of not agreeing.
///
/// # Errors
///
/// Fails when nobody agreed: without `yes`, and without a person at the terminal.
pub(super) fn agree(
    slug: &str,
    to: &str,
    refused: CliError,
    yes: bool,
    context: &mut Context<'_>,
) -> Result<(), Problems> {
    if yes {
        return Ok(());
    }
    let mut answer = String::new();
    if context.in_is_terminal {
        context.tell(format!("type `{slug}` {to}:"));
        let _ = context.input.read_line(&mut answer);
    }
    if !context.in_is_terminal {
        return Err(Problem::new(CliError::NotAsked(Box::new(refused))).into());
    }
    if answer.trim() == slug { Ok(()) } else { Err(Problem::new(refused).into()) }
}
