//! The credentials of a broker, from the configuration.

use crate::config::load::Loaded;
use hubwire_actors::backend::open;

/// How to log in at the broker whose URL an option gives.
pub(crate) fn login(loaded: &Loaded, url: &str) -> open::Login {
    let section = &loaded.config.broker;
    let file = |option: &str| loaded.file_of(option).map(std::path::Path::to_owned);
    open::Login {
        url_file: file(url),
        sentinel_user: section.sentinel_user.clone(),
        sentinel_password: section.sentinel_password.reveal().into(),
        sentinel_password_file: file("broker.sentinel_password"),
    }
}
