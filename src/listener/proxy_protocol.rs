//! The PROXY protocol of HAProxy, versions 1 and 2: a balancer that forwards bytes first sends the address of the
//! client.
//!
//! Reads no byte after the header.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::{AsyncRead, AsyncReadExt};

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Longest line of version 1, with its end.
const LINE_BYTES_MAX: usize = 107;
/// Longest rest of a header of version 2: addresses, and further data of a balancer.
const REST_BYTES_MAX: usize = 4096;

/// Reads a header. `None`: the balancer connects on its own behalf, for example for a health check.
///
/// # Errors
/// When the connection ends, or no header arrives.
pub(super) async fn read(io: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    // the shortest header of either version is longer
    let mut start = [0; SIGNATURE.len()];
    io.read_exact(&mut start).await?;
    match start {
        SIGNATURE => read_binary(io).await,
        _ if start.starts_with(b"PROXY ") => read_line(io, &start).await,
        _ => Err(bad("no PROXY header came")),
    }
}

fn bad(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

/// Version 1: `PROXY TCP4 source destination port port\r\n`.
async fn read_line(io: &mut (impl AsyncRead + Unpin), start: &[u8]) -> io::Result<Option<SocketAddr>> {
    let mut line = start.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() == LINE_BYTES_MAX {
            return Err(bad("the line of the PROXY header has no end"));
        }
        line.push(io.read_u8().await?);
    }
    let line = std::str::from_utf8(&line[..line.len() - 2]).map_err(|_| bad("the PROXY header is no text"))?;
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["PROXY", "UNKNOWN", ..] => Ok(None),
        ["PROXY", family @ ("TCP4" | "TCP6"), source, _, port, _] => {
            let address: IpAddr = source.parse().map_err(|_| bad("the PROXY header holds no address"))?;
            if address.is_ipv4() != (family == "TCP4") {
                return Err(bad("the address of the PROXY header is of another family"));
            }
            let port = port.parse().map_err(|_| bad("the PROXY header holds no port"))?;
            Ok(Some(SocketAddr::new(address, port)))
        }
        _ => Err(bad("the PROXY header is not in order")),
    }
}

/// Version 2, after the signature: version and command, family, length, addresses, further data.
async fn read_binary(io: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let (command, family) = (io.read_u8().await?, io.read_u8().await?);
    let length = usize::from(io.read_u16().await?);
    if length > REST_BYTES_MAX {
        return Err(bad("the PROXY header is too long"));
    }
    let mut rest = vec![0; length];
    io.read_exact(&mut rest).await?;
    match (command, family) {
        (0x20, _) => Ok(None),
        (0x21, 0x11) => source::<4>(&rest, |octets| Ipv4Addr::from(octets).into()),
        (0x21, 0x21) => source::<16>(&rest, |octets| Ipv6Addr::from(octets).into()),
        (0x21, _) => Ok(None), // not of the internet: a socket of the balancer's machine
        _ => Err(bad("the PROXY header has an unknown version or command")),
    }
}

/// The source of `source destination port port`, whose addresses have `SIZE` bytes.
fn source<const SIZE: usize>(rest: &[u8], address: fn([u8; SIZE]) -> IpAddr) -> io::Result<Option<SocketAddr>> {
    let octets = rest.get(..SIZE).and_then(|octets| octets.try_into().ok());
    let port = rest.get(2 * SIZE..2 * SIZE + 2).and_then(|port| port.try_into().ok()).map(u16::from_be_bytes);
    match (octets, port) {
        (Some(octets), Some(port)) => Ok(Some(SocketAddr::new(address(octets), port))),
        _ => Err(bad("the PROXY header is too short for its addresses")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn outcome(bytes: &[u8]) -> (Result<Option<String>, String>, usize) {
        let mut input = bytes;
        let found = read(&mut input).await;
        let found = found.map(|address| address.map(|address| address.to_string())).map_err(|error| error.to_string());
        (found, input.len())
    }

    fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, rest, b"GET / "].concat()
    }

    #[tokio::test]
    async fn both_versions_name_the_client_and_leave_what_follows() {
        let v4 = [192, 0, 2, 1, 10, 0, 0, 1, 0x12, 0x67, 0, 80];
        let v6 = [&Ipv6Addr::LOCALHOST.octets()[..], &Ipv6Addr::LOCALHOST.octets()[..], &[0x12, 0x67, 0, 80, 4, 0, 0]];
        let cases: [(Vec<u8>, Option<&str>); 8] = [
            (b"PROXY TCP4 192.0.2.1 10.0.0.1 4711 80\r\nGET / ".to_vec(), Some("192.0.2.1:4711")),
            (b"PROXY TCP6 2001:db8::1 fd00::1 4711 80\r\nGET / ".to_vec(), Some("[2001:db8::1]:4711")),
            (b"PROXY UNKNOWN\r\nGET / ".to_vec(), None),
            (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\nGET / ".to_vec(), None),
            (binary(0x21, 0x11, &v4), Some("192.0.2.1:4711")),
            (binary(0x21, 0x21, &v6.concat()), Some("[::1]:4711")),
            (binary(0x20, 0x00, &[]), None),
            (binary(0x21, 0x31, &[0; 216]), None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(outcome(&bytes).await, (Ok(expected.map(str::to_owned)), 6), "{}", bytes.escape_ascii());
        }
    }

    #[tokio::test]
    async fn what_is_no_header_is_an_error() {
        for bytes in [
            b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.1 10.0.0.1 4711\r\n".to_vec(),
            b"PROXY TCP4 2001:db8::1 10.0.0.1 4711 80\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.1 10.0.0.1 99999 80\r\n".to_vec(),
            [b"PROXY TCP4 ".to_vec(), vec![b'1'; 200]].concat(),
            binary(0x21, 0x11, &[1, 2, 3]),
            binary(0x11, 0x11, &[0; 12]),
            binary(0x2f, 0x11, &[0; 12]),
            SIGNATURE.to_vec(),
            b"PROXY".to_vec(),
        ] {
            assert!(outcome(&bytes).await.0.is_err(), "{}", bytes.escape_ascii());
        }
    }

    #[tokio::test]
    async fn a_header_that_announces_too_much_is_refused_before_it_is_read() {
        let (refused, left) = outcome(&binary(0x21, 0x11, &[0; 65_535])).await;
        assert_eq!((refused, left), (Err("the PROXY header is too long".into()), 65_535 + 6));
        assert!(outcome(&binary(0x21, 0x11, &[0; REST_BYTES_MAX])).await.0.is_ok());
    }
}
