//! What bytes are called by their content.

use ring::digest;

/// SHA-256 of `bytes`, in 64 lowercase hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    crate::bucket::sign::hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_digest_of_fips_180_4() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), expected);
    }
}
