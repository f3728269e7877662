//! Where readers' pages are served.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

/// The server of readers' pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeSettings {
    /// Where it listens, in plain HTTP: behind something that speaks TLS.
    pub listen: SocketAddr,
    /// Where it says that it is well.
    pub health: SocketAddr,
    /// Who may pass requests on to it; it answers nobody else.
    pub trusted_proxies: Vec<IpNet>,
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8025)),
            health: SocketAddr::from((Ipv4Addr::LOCALHOST, 8026)),
            trusted_proxies: vec![
                IpNet::from(std::net::IpAddr::from(Ipv4Addr::LOCALHOST)),
                IpNet::from(std::net::IpAddr::from(Ipv6Addr::LOCALHOST)),
            ],
        }
    }
}
