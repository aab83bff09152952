//! WeChat's callback signature: lower-case hex of the SHA-1 of the byte-wise sorted strings (protocol 1.2, 1.3).

use crate::base::digest::hex;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

/// Signs the strings, whatever order they come in.
pub fn sign(parts: &[&str]) -> String {
    let mut sorted = parts.to_vec();
    // `str` orders by bytes; a numeric or locale-aware order would fail on nonces and on base64.
    sorted.sort_unstable();
    let mut hash = Sha1::new();
    for part in sorted {
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize())
}

/// Whether `signature` signs the strings, in time that does not depend on where it differs.
pub fn verify(parts: &[&str], signature: &str) -> bool {
    sign(parts).as_bytes().ct_eq(signature.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The official example of a URL check (protocol 10.1, D2).
    const PARTS: [&str; 3] = ["AAAAA", "1714036504", "1514711492"];
    const SIGNATURE: &str = "f464b24fc39322e44b38aa78f5edd27bd1441696";

    #[test]
    fn order_does_not_matter() {
        assert!(verify(&PARTS, SIGNATURE));
        assert!(verify(&["1514711492", "AAAAA", "1714036504"], SIGNATURE));
    }

    #[test]
    fn anything_else_is_refused() {
        assert!(!verify(&PARTS, ""));
        assert!(!verify(&PARTS, &SIGNATURE.to_uppercase()));
        assert!(!verify(&PARTS, &SIGNATURE.replace('f', "e")));
        assert!(!verify(&["AAAAB", "1714036504", "1514711492"], SIGNATURE));
    }
}
