//! The documents about its interfaces that a node serves.

use super::*;
use crate::http::documents as configure;

#[actix_rt::test]
async fn a_node_serves_its_own_descriptions_to_strangers_in_development_only() {
    let fake = Fake::default();
    let documents = [
        ("/openapi.yaml", "hubwire", include_str!("../../../docs/openapi.yaml")),
        ("/asyncapi.yaml", "hubwire.v1", include_str!("../../../docs/asyncapi.yaml")),
    ];
    for (path, title, text) in documents {
        let ask = || TestRequest::get().uri(path);
        let internal = ask_internal(&fake, ask()).await;
        assert_eq!((internal.status, internal.header("content-type")), (StatusCode::OK, "application/yaml"));
        assert_eq!(internal.text, text);
        let document: Value = serde_yaml_ng::from_str(&internal.text).unwrap();
        assert!(document["info"]["title"].as_str().unwrap().starts_with(title), "{}", document["info"]);
        for (shown, status) in [(true, StatusCode::OK), (false, StatusCode::NOT_FOUND)] {
            let app = App::new().configure(configure(shown)).configure(public(fake.state()));
            let response = call_service(&init_service(app).await, ask().to_request()).await;
            assert_eq!(response.status(), status, "{path} in development: {shown}");
        }
    }
}
