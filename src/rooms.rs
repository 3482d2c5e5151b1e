//! The endpoint for clients in rooms: a path whose sockets speak [`hubwire_protocol::rooms`]. All that is known of these
//! clients is known there; here stand the organisation and the first room, as they are configured.

use crate::config::sections;
use crate::endpoint::Clientele;
use crate::ws;
use actix_web::web::ServiceConfig;
use bytes::Bytes;
use hubwire_protocol::rooms::{entrance, Rooms};

/// The path of these clients, and what they are; `None` where the endpoint is off. Fills the process's table of rooms.
pub fn configured(section: &sections::Rooms) -> Option<(String, Clientele)> {
    if !section.enabled {
        return None;
    }
    // the configuration was checked
    let org = section.org.parse().ok()?;
    let first = Some(section.first.clone()).filter(|first| !first.is_empty());
    let entrance = first.as_deref().map(|first| Bytes::from(entrance(first)));
    if !(Rooms { org, first, recent: section.recent }).install() {
        log::warn!("the rooms of this process are those it began with; restart it for others");
    }
    Some((section.path.clone(), Clientele::in_rooms(entrance)))
}

/// What a request that opens no socket is answered on their path; nothing where these clients are not served.
pub fn public_routes(rooms: Option<&(String, Clientele)>) -> impl FnOnce(&mut ServiceConfig) {
    let resource = rooms.map(|(path, _)| ws::upgrade_required(path));
    move |config| {
        if let Some(resource) = resource {
            config.service(resource);
        }
    }
}
