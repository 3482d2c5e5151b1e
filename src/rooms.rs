//! The endpoint for clients of rooms and events: a path whose sockets speak [`hubwire_protocol::rooms`], with the
//! configured organisation and first room.

use crate::config::sections;
use crate::endpoint::Clientele;
use crate::ws;
use actix_web::web::ServiceConfig;
use bytes::Bytes;
use hubwire_protocol::rooms::{entrance, Rooms};

/// The path and the clientele; `None` if the endpoint is off. Fills the process-wide table of rooms.
pub fn configured(section: &sections::Rooms) -> Option<(String, Clientele)> {
    if !section.enabled {
        return None;
    }
    // the configuration was validated
    let org = section.org.parse().ok()?;
    let first = Some(section.first.clone()).filter(|first| !first.is_empty());
    let entrance = first.as_deref().map(|first| Bytes::from(entrance(first)));
    if !(Rooms { org, first, recent: section.recent }).install() {
        log::warn!("rooms are read at startup only; restart the process to change them");
    }
    Some((section.path.clone(), Clientele::in_rooms(entrance)))
}

/// Answers plain requests on their path; adds nothing if the endpoint is off.
pub fn public_routes(rooms: Option<&(String, Clientele)>) -> impl FnOnce(&mut ServiceConfig) {
    let resource = rooms.map(|(path, _)| ws::upgrade_required(path));
    move |config| {
        if let Some(resource) = resource {
            config.service(resource);
        }
    }
}
