//! The keys that sign the mail, and how they become [`Signer`]s.

use crate::message::dkim::{Algorithm, Signer};
use crate::problem::{Problem, Problems};

use super::Secret;
use super::error::{ConfigError, DkimFault};

/// DKIM as the configuration has it: everything but the keys themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimSettings {
    /// The domain that answers for the mail; that of the sender, or one above it.
    pub domain: String,
    /// One or two keys, each under a selector of its own.
    pub keys: Vec<DkimKey>,
}

/// One private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimKey {
    /// How it stands in the file: `key` or `ed25519_key`.
    pub name: &'static str,
    /// The name its public half is published under.
    pub selector: String,
    /// Where its PEM is.
    pub secret: Secret,
}

impl DkimSettings {
    /// Fetches the keys; with them comes what is odd about them.
    ///
    /// # Errors
    ///
    /// Fails with every key that cannot be fetched or is none.
    pub fn resolve(&self) -> Result<(Vec<Signer>, Vec<Problem>), Problems> {
        let (mut signers, mut found) = (Vec::new(), Vec::new());
        for key in &self.keys {
            match key.signer(&self.domain) {
                Ok(signer) => signers.push(signer),
                Err(fault) => found.push(Problem::new(ConfigError::Dkim { key: key.name, fault })),
            }
        }
        if found.is_empty() && signers.iter().all(|signer| signer.algorithm() == Algorithm::Ed25519) {
            found.push(Problem::new(ConfigError::OnlyEd25519).warning());
        }
        Problems::check(signers, found)
    }
}

impl DkimKey {
    fn signer(&self, domain: &str) -> Result<Signer, DkimFault> {
        let pem = self.secret.fetch_text().map_err(DkimFault::Secret)?;
        let signer = Signer::new(&pem, domain, &self.selector).map_err(DkimFault::Key)?;
        if self.name == ED25519_KEY && signer.algorithm() != Algorithm::Ed25519 {
            return Err(DkimFault::NotEd25519);
        }
        Ok(signer)
    }
}

/// The name of the second key in the file.
pub(super) const ED25519_KEY: &str = "ed25519_key";
