//! `gannet healthcheck`

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    process::ExitCode,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{config::Config, refusal::Refusal};

/// Longest wait for the answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks `/livez` of `LISTEN`.
///
/// # Errors
/// None: a gannet that does not answer is exit status 1.
pub async fn healthcheck(config: &Config) -> Result<ExitCode, Refusal> {
    let address = reachable(config.web.listen);
    Ok(match timeout(PATIENCE, ask(address)).await {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        Ok(Ok(false)) => unwell("it answers, but not as it should"),
        Ok(Err(err)) => unwell(&format!("no answer at {address}: {err}")),
        Err(_) => unwell(&format!("no answer at {address} within {} s", PATIENCE.as_secs())),
    })
}

fn unwell(why: &str) -> ExitCode {
    eprintln!("gannet: {why}");
    ExitCode::FAILURE
}

/// Who listens everywhere is asked at loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        ip if ip.is_ipv4() => Ipv4Addr::LOCALHOST.into(),
        _ => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, listen.port())
}

async fn ask(address: SocketAddr) -> std::io::Result<bool> {
    let mut socket = TcpStream::connect(address).await?;
    let request = format!("GET /livez HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    let mut status = [0; 12];
    socket.read_exact(&mut status).await?;
    Ok(&status == b"HTTP/1.1 200")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_everywhere_is_asked_at_loopback() {
        let cases = [
            ("0.0.0.0:3000", "127.0.0.1:3000"),
            ("[::]:3000", "[::1]:3000"),
            ("192.0.2.4:80", "192.0.2.4:80"),
        ];
        for (listen, want) in cases {
            assert_eq!(reachable(listen.parse().expect(listen)).to_string(), want);
        }
    }
}
