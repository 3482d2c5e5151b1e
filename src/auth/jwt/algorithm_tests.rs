//! A valid token for each algorithm of a configurable key.

use super::provider_tests::{tokens, NOW, RSA};
use super::*;
use serde_json::json;

const EC: &str = include_str!("fixtures/ec.key.pem");
const EC384: &str = include_str!("fixtures/ec384.key.pem");
const ED: &str = include_str!("fixtures/ed.key.pem");
/// Any file can be a secret if it is long enough; white space around the secret is ignored.
const SECRET: &str = include_str!("fixtures/auth0.json");

#[test]
fn a_good_token_of_each_documented_algorithm_is_taken_and_only_with_a_key_for_it() {
    use Algorithm::*;
    let rsa = EncodingKey::from_rsa_pem(RSA.as_bytes()).unwrap();
    let secret = EncodingKey::from_secret(SECRET.trim().as_bytes());
    let ec = EncodingKey::from_ec_pem(EC.as_bytes()).unwrap();
    let ec384 = EncodingKey::from_ec_pem(EC384.as_bytes()).unwrap();
    let ed = EncodingKey::from_ed_pem(ED.as_bytes()).unwrap();
    let claims = json!({ "sub": "u1", "exp": NOW + 60 });
    for (algorithm, file, key) in [
        (HS256, "auth0.json", &secret),
        (HS384, "auth0.json", &secret),
        (HS512, "auth0.json", &secret),
        (RS256, "rsa.pem", &rsa),
        (RS384, "rsa.pem", &rsa),
        (RS512, "rsa.pem", &rsa),
        (PS256, "rsa.pem", &rsa),
        (PS384, "rsa.pem", &rsa),
        (PS512, "rsa.pem", &rsa),
        (ES256, "ec.pem", &ec),
        (ES384, "ec384.pem", &ec384),
        (EdDSA, "ed.pem", &ed),
    ] {
        let token = encode(&Header::new(algorithm), &claims, key).unwrap();
        let entry = format!("{algorithm:?}={}/src/auth/jwt/fixtures/{file}", env!("CARGO_MANIFEST_DIR"));
        let taken = tokens(&[("auth-jwt-keys", &entry)]).verify(&token);
        assert_eq!(taken.map(|identity| identity.user.to_string()), Ok("u1".to_string()), "{algorithm:?}");
        let other = if algorithm == RS256 { "RS384" } else { "RS256" };
        let entry = format!("{other}={}/src/auth/jwt/fixtures/rsa.pem", env!("CARGO_MANIFEST_DIR"));
        let refused = tokens(&[("auth-jwt-keys", &entry)]).verify(&token).unwrap_err();
        assert_eq!(refused, TokenError::Algorithm { found: algorithm });
    }
}
