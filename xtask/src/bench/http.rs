//! One kept-alive HTTP/1.1 connection, as much of the protocol as answers to a POST need. A client library would cost
//! more than the server that it measures; this one costs a write and a read.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Result;

/// The most bytes of an answer: several times a full page of 200 rows, twice over.
const MOST: usize = 8 << 20;

/// A connection and the buffer for its answers.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
    body: Vec<u8>,
}

/// What the head of an answer said.
#[derive(Debug, PartialEq)]
struct Head {
    status: u16,
    session: Option<String>,
    framing: Framing,
}

#[derive(Debug, PartialEq)]
enum Framing {
    Length(usize),
    Chunked,
}

/// An answer; its body is borrowed from the connection.
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    /// The `Mcp-Session-Id`, where the server opened a session.
    pub(super) session: Option<String>,
    pub(super) body: &'a [u8],
}

impl Connection {
    /// Connects, with a limit of 10 seconds on each read and write.
    pub(super) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.set_write_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self { stream, buffer: vec![0; 128 << 10], filled: 0, body: Vec::new() })
    }

    /// Sends a whole request and waits for its whole answer.
    pub(super) fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request)?;
        self.filled = 0;
        let end = loop {
            if let Some(end) = find(&self.buffer[..self.filled], b"\r\n\r\n") {
                break end + 4;
            }
            self.more()?;
        };
        let head = Head::read(&self.buffer[..end])?;
        match head.framing {
            Framing::Length(length) => {
                if end + length > MOST {
                    return Err(format!("an answer of {length} bytes").into());
                }
                while self.filled < end + length {
                    self.more()?;
                }
                Ok(Answer { status: head.status, session: head.session, body: &self.buffer[end..end + length] })
            }
            Framing::Chunked => {
                self.body.clear();
                let mut at = end;
                while let Some(size) = self.chunk(&mut at)? {
                    self.body.extend_from_slice(&self.buffer[at..at + size]);
                    at += size + 2;
                }
                Ok(Answer { status: head.status, session: head.session, body: &self.body })
            }
        }
    }

    /// Moves to the bytes of the next chunk and makes sure that they, and the line end after them, are there.
    fn chunk(&mut self, at: &mut usize) -> Result<Option<usize>> {
        let line = loop {
            if let Some(end) = find(&self.buffer[*at..self.filled], b"\r\n") {
                break end;
            }
            self.more()?;
        };
        let size = std::str::from_utf8(&self.buffer[*at..*at + line])?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)?;
        *at += line + 2;
        if size > MOST {
            return Err(format!("a chunk of {size} bytes").into());
        }
        while self.filled < *at + size + 2 {
            self.more()?;
        }
        Ok((size > 0).then_some(size))
    }

    fn more(&mut self) -> Result {
        if self.filled == self.buffer.len() {
            if self.filled > MOST {
                return Err("the answer does not end".into());
            }
            self.buffer.resize(self.filled * 2, 0);
        }
        match self.stream.read(&mut self.buffer[self.filled..])? {
            0 => Err("the server closed the connection".into()),
            read => {
                self.filled += read;
                Ok(())
            }
        }
    }
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes)?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")).and_then(|line| line.get(..3));
        let status = status.and_then(|code| code.parse().ok()).ok_or("the answer is not HTTP/1.1")?;
        let (mut session, mut length, mut chunked) = (None, None, false);
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.parse()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = value.eq_ignore_ascii_case("chunked");
            } else if name.eq_ignore_ascii_case("mcp-session-id") {
                session = Some(value.to_owned());
            }
        }
        let framing = if chunked { Framing::Chunked } else { Framing::Length(length.unwrap_or(0)) };
        Ok(Self { status, session, framing })
    }
}

/// Where a short text begins in a longer one.
pub(super) fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|part| part == word)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Serves the given bytes once, cut into pieces of `piece` bytes.
    fn serve(answer: &'static [u8], piece: usize) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_nodelay(true).unwrap();
            let mut request = [0; 64];
            let _ = stream.read(&mut request).unwrap();
            for part in answer.chunks(piece) {
                stream.write_all(part).unwrap();
                thread::sleep(Duration::from_micros(200));
            }
        });
        address
    }

    fn asked(answer: &'static [u8], piece: usize) -> Result<(u16, Option<String>, Vec<u8>)> {
        let mut connection = Connection::open(serve(answer, piece)).unwrap();
        let answer = connection.ask(b"POST / HTTP/1.1\r\n\r\n")?;
        Ok((answer.status, answer.session, answer.body.to_vec()))
    }

    #[test]
    fn both_framings_are_read_however_they_are_cut() {
        let plain = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nMcp-Session-Id: s1\r\n\r\nhello";
        let chunked =
            b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=1\r\nlo\r\n0\r\n\r\n";
        for piece in [1, 7, 1000] {
            assert_eq!(asked(plain, piece).unwrap(), (200, Some("s1".into()), b"hello".to_vec()));
            assert_eq!(asked(chunked, piece).unwrap(), (202, None, b"hello".to_vec()));
        }
    }

    #[test]
    fn an_answer_that_breaks_off_is_an_error() {
        let short = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello";
        assert!(asked(short, 1000).unwrap_err().to_string().contains("closed"));
        assert!(asked(b"SSH-2.0-x\r\n\r\n", 1000).is_err());
        assert!(asked(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 1000).is_err());
    }
}
