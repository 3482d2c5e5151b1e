//! Names and passwords. Those from a file are read again for each connection, so that a changed password needs no
//! restart.

use super::location::Location;
use redis::{ConnectionInfo, RedisConnectionInfo};
use std::fmt;
use std::path::{Path, PathBuf};

/// Credentials for the servers that are not part of the broker's URL.
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// The file with the URL of the broker, if it came from one. Only name and password are read again.
    pub url_file: Option<PathBuf>,
    /// The name for the sentinels; empty: none.
    pub sentinel_user: String,
    /// The password for the sentinels; empty: none.
    pub sentinel_password: Password,
    /// The file with that password, if it came from one.
    pub sentinel_password_file: Option<PathBuf>,
}

/// A password; it is never printed.
#[derive(Clone, Default)]
pub struct Password(String);

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Password(text.to_owned())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Login {
    /// A server's address with the present name and password.
    pub(super) fn at_server(&self, info: &ConnectionInfo) -> ConnectionInfo {
        let again = self.url_file.as_deref().and_then(read).and_then(|url| Location::parse(&url).ok());
        match again {
            // a file that cannot be read at the moment is being written: the next attempt will find it
            None => info.clone(),
            Some(location) => {
                let (user, password) = location.login();
                with(info, user.as_deref(), password.as_deref())
            }
        }
    }

    /// A sentinel's address with the present name and password.
    pub(super) fn at_sentinel(&self, info: &ConnectionInfo) -> ConnectionInfo {
        let again = self.sentinel_password_file.as_deref().and_then(read);
        let password = again.as_deref().unwrap_or(&self.sentinel_password.0);
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        with(info, given(&self.sentinel_user).as_deref(), given(password).as_deref())
    }
}

fn read(path: &Path) -> Option<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Some(text.trim_end().to_owned()),
        Err(error) => {
            log::debug!("cannot read a secret again path={} error={error}", path.display());
            None
        }
    }
}

fn with(info: &ConnectionInfo, user: Option<&str>, password: Option<&str>) -> ConnectionInfo {
    let former = info.redis_settings();
    let mut settings = RedisConnectionInfo::default().set_db(former.db()).set_protocol(former.protocol());
    if let Some(user) = user {
        settings = settings.set_username(user);
    }
    if let Some(password) = password {
        settings = settings.set_password(password);
    }
    info.clone().set_redis_settings(settings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use redis::IntoConnectionInfo;

    fn login_of(info: &ConnectionInfo) -> (Option<&str>, Option<&str>, i64) {
        let settings = info.redis_settings();
        (settings.username(), settings.password(), settings.db())
    }

    #[test]
    fn a_password_in_a_file_is_that_of_the_moment_and_the_address_stays() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let info = "redis://hub:old@a:1/3".into_connection_info().unwrap();
        let login = Login { url_file: Some(file.path().to_owned()), ..Login::default() };
        assert_eq!(login_of(&login.at_server(&info)), (Some("hub"), Some("old"), 3), "an empty file says nothing");
        std::fs::write(file.path(), "redis://other:new@b:2/4\n").unwrap();
        let now = login.at_server(&info);
        assert_eq!(login_of(&now), (Some("other"), Some("new"), 3));
        assert_eq!(now.addr().to_string(), "a:1");
        std::fs::write(file.path(), "redis+sentinel://:newest@b:2/hub").unwrap();
        assert_eq!(login_of(&login.at_server(&info)), (None, Some("newest"), 3));
    }

    #[test]
    fn sentinels_have_a_password_of_their_own() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let info = "redis://a:1".into_connection_info().unwrap();
        assert_eq!(login_of(&Login::default().at_sentinel(&info)), (None, None, 0));
        let mut login = Login { sentinel_password: "pw".into(), ..Login::default() };
        assert_eq!(login_of(&login.at_sentinel(&info)), (None, Some("pw"), 0));
        std::fs::write(file.path(), "new\n").unwrap();
        login.sentinel_password_file = Some(file.path().to_owned());
        login.sentinel_user = "hub".into();
        assert_eq!(login_of(&login.at_sentinel(&info)), (Some("hub"), Some("new"), 0));
        assert!(!format!("{login:?}").contains("pw"));
    }
}
