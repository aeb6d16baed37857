//! Just enough HTTP/1.1 over a plain socket to ask a server on loopback, with nothing between test and wire.
//!
//! Never follows a redirect, keeps no connection, checks no certificate.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long a server may stay silent.
const PATIENCE: Duration = Duration::from_secs(60);

/// One request, on its way to being sent.
#[derive(Debug, Clone)]
pub struct Request {
    text: String,
    address: String,
}

impl Request {
    /// Begins a request. `address` is `127.0.0.1:32500`, `target` a path with its query, already
    /// percent-encoded.
    pub fn new(address: &str, method: &str, target: &str) -> Self {
        let text = format!(
            "{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 0\r\n"
        );
        Self { text, address: address.to_owned() }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.text.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// Sends it and reads the whole answer.
    pub fn send(self) -> Result<Response> {
        let mut stream = TcpStream::connect(&self.address)
            .with_context(|| format!("nothing answers at `{}`", self.address))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(self.text.as_bytes())?;
        stream.write_all(b"\r\n")?;
        let (mut bytes, mut piece) = (Vec::new(), [0; 64 << 10]);
        // A server that keeps the connection all the same has said how long its answer is.
        while !is_whole(&bytes) {
            let read = stream
                .read(&mut piece)
                .with_context(|| format!("no whole answer from `{}`", self.address))?;
            if read == 0 {
                break;
            }
            bytes.extend_from_slice(&piece[..read]);
        }
        Response::parse(&bytes)
    }
}

/// Whether an answer is as long as its header says; one that doesn't say it ends with its connection.
fn is_whole(bytes: &[u8]) -> bool {
    let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length =
        text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    length.is_some_and(|length| bytes.len() - head - 4 >= length)
}

/// A server's answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers, their names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    fn parse(bytes: &[u8]) -> Result<Self> {
        let Some(split) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            bail!("the answer has no end of headers: {} bytes", bytes.len());
        };
        let head = String::from_utf8_lossy(&bytes[..split]);
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .context("the answer has no status")?
            .parse()?;
        let headers: BTreeMap<_, _> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect();
        let rest = &bytes[split + 4..];
        let chunked =
            headers.get("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        let body = if chunked { unchunk(rest)? } else { rest.to_vec() };
        Ok(Self { status, headers, body })
    }

    /// A header's value by its name in small letters, empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("status {} and no JSON: {}", self.status, self.text()))
    }
}

fn unchunk(mut rest: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n").context("a chunk has no size")?;
        let size = usize::from_str_radix(
            std::str::from_utf8(&rest[..end])?.split(';').next().unwrap_or("").trim(),
            16,
        )?;
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(rest.get(end + 2..end + 2 + size).context("a chunk is cut off")?);
        rest = rest.get(end + 2 + size + 2..).context("a chunk is cut off")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined() {
        let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: \
                       b\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n";
        let response = Response::parse(answer).unwrap();
        assert_eq!((response.status, response.text().as_str(), response.header("x-a")), (200, "abcde", "b"));
    }
}
