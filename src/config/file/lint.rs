//! Reads the table `[check]`.

use crate::config::error::ConfigError;
use crate::fields::Fields;
use crate::lint::{LintSettings, Rule};

use super::Reader;

impl Reader<'_> {
    /// What of a mail's flaws nobody wants to hear of.
    pub(super) fn check(&mut self, mut table: Fields) -> LintSettings {
        let mut settings = LintSettings::default();
        for (id, span) in table.texts("off") {
            match Rule::of(&id) {
                Some(rule) if rule.optional => settings.off.push(rule.id),
                Some(rule) => {
                    let _: Option<()> = self.refuse(ConfigError::Law(rule.id), span);
                }
                None => {
                    let nearest = Rule::nearest(&id);
                    let _: Option<()> = self.refuse(ConfigError::NoRule { id, nearest }, span);
                }
            }
        }
        for (name, span) in table.texts("clients") {
            if let Some(client) = LintSettings::client(&name) {
                settings.clients.push(client);
            } else {
                let nearest = LintSettings::nearest_client(&name);
                let _: Option<()> = self.refuse(ConfigError::NoClient { name, nearest }, span);
            }
        }
        self.found.extend(table.finish());
        settings
    }
}
