//! Passwords, kept as Argon2id in PHC text: the parameters stand in it, so that they can be raised later.

use crate::base::secret::Secret;
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq as _;

/// Memory of one hash. An isolate has 128 MB for everything; OWASP's sheet on password storage pairs 7 MiB with
/// five passes and calls it as strong as its rows with more memory.
pub const MEMORY_KIB: u32 = 7 * 1024;
/// Passes over the memory.
pub const PASSES: u32 = 5;
/// Bytes of salt.
pub const SALT_BYTES: usize = 16;

const HASH_BYTES: usize = 32;

/// What an unknown login is measured against, so that it takes as long as a known one. No password opens it.
const NOBODY: &str =
    "$argon2id$v=19$m=7168,t=5,p=1$c2h1bmRhLW5vYm9keS4u$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The text to store for `password`. None only when there is no memory for it.
pub fn hash(password: &Secret, salt: &[u8; SALT_BYTES]) -> Option<String> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(HASH_BYTES)).ok()?;
    let hash = argon2id(params, password, salt)?;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    Some(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${salt}${hash}"))
}

/// Whether `password` is the one behind `stored`. Nobody's takes as long, and is always wrong.
pub fn verify(password: &Secret, stored: Option<&str>) -> bool {
    let matches = measure(password, stored.unwrap_or(NOBODY)).unwrap_or(false);
    matches && stored.is_some()
}

fn measure(password: &Secret, stored: &str) -> Option<bool> {
    let (params, rest) = stored.strip_prefix("$argon2id$v=19$")?.split_once('$')?;
    let (salt, expected) = rest.split_once('$')?;
    let salt = STANDARD_NO_PAD.decode(salt).ok()?;
    let expected = STANDARD_NO_PAD.decode(expected).ok()?;
    let found = argon2id(parse_params(params)?, password, &salt)?;
    Some(found.ct_eq(&expected).into())
}

fn argon2id(params: Params, password: &Secret, salt: &[u8]) -> Option<Vec<u8>> {
    let mut hash = vec![0; HASH_BYTES];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(password.expose().as_bytes(), salt, &mut hash).ok()?;
    Some(hash)
}

/// Reads `m=…,t=…,p=…`.
fn parse_params(text: &str) -> Option<Params> {
    let mut numbers = text.split(',');
    let mut number = |prefix: &str| numbers.next()?.strip_prefix(prefix)?.parse().ok();
    let (memory, passes, lanes) = (number("m=")?, number("t=")?, number("p=")?);
    Params::new(memory, passes, lanes, Some(HASH_BYTES)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_opens_it() {
        let stored = hash(&"晨光-secret".into(), &[7; SALT_BYTES]).unwrap();
        assert!(verify(&"晨光-secret".into(), Some(&stored)));
        assert!(!verify(&"晨光-secre".into(), Some(&stored)));
        assert!(!verify(&"".into(), Some(&stored)));
        assert!(!stored.contains("secret"));
    }

    #[test]
    fn the_salt_makes_equal_passwords_differ() {
        let one = hash(&"same".into(), &[1; SALT_BYTES]).unwrap();
        assert_ne!(one, hash(&"same".into(), &[2; SALT_BYTES]).unwrap());
    }

    /// Both made with the reference implementation (argon2-cffi, `hash_secret`): one with the present parameters,
    /// one with others, as stored hashes will have when they are raised.
    #[test]
    fn the_parameters_in_the_text_are_the_ones_used() {
        let present = "$argon2id$v=19$m=7168,t=5,p=1$BwcHBwcHBwcHBwcHBwcHBw$eCvDXi3Lhw5XO144FhbR0KUgE8MkGA0z6Y3TQO7NU6c";
        assert_eq!(hash(&"晨光-secret".into(), &[7; SALT_BYTES]).as_deref(), Some(present));
        let other = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(verify(&"password".into(), Some(other)));
        assert!(!verify(&"password".into(), Some(&other.replace("t=2", "t=3"))));
    }

    #[test]
    fn nobody_is_measured_like_anybody_and_never_let_in() {
        assert!(NOBODY.contains(&format!("m={MEMORY_KIB},t={PASSES},p=1$")));
        assert_eq!(measure(&"anything".into(), NOBODY), Some(false));
        assert!(!verify(&"anything".into(), None));
    }

    #[test]
    fn a_text_that_is_no_hash_lets_nobody_in() {
        for stored in [
            "",
            "$argon2id$v=19$",
            "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAA",
            "$argon2id$v=19$m=8,t=0,p=1$c2FsdHNhbHQ$AAAA",
        ] {
            assert_eq!(measure(&"".into(), stored), None, "{stored}");
            assert!(!verify(&"".into(), Some(stored)));
        }
    }
}
