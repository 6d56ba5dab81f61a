//! What nftables counts and holds, asked of the kernel itself (nfnetlink). `nft list` reads every set of a table, whatever
//! it is asked for: that takes seconds while they are full. Here one counter takes less than a millisecond.
//!
//! Numbers and shapes are those of linux/netlink.h, linux/netfilter/nfnetlink.h and linux/netfilter/nf_tables.h.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::netlink::{NETFILTER, SocketAddrNetlink};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, sendto, socket_with,
};

use haproxy_rhi::route::Family;

/// The kernel answers at once.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes that the kernel sends at once, at most.
const LONGEST: usize = 1 << 16;

const REQUEST: u16 = 0x1;
const DUMP: u16 = 0x300;
const MULTI: u16 = 0x2;
const ERROR: u16 = 0x2;
const DONE: u16 = 0x3;
/// The subsystem of nftables, before the number of what is asked.
const NFTABLES: u16 = 10 << 8;
const GET_TABLE: u16 = 1;
const GET_ELEMENTS: u16 = 13;
const GET_OBJECTS: u16 = 19;
/// The attribute that names the table, of tables, objects and elements; and the one that names the set, of elements.
const TABLE: u16 = 1;
const SET: u16 = 2;
const OBJECT_NAME: u16 = 2;
const OBJECT_DATA: u16 = 4;
const COUNTER_PACKETS: u16 = 2;
const ELEMENTS: u16 = 3;
const ELEMENT_KEY: u16 = 1;
const VALUE: u16 = 1;
const NESTED: u16 = 0x8000;
/// Bytes of a message's header, and of nfnetlink's header before the attributes (an attribute's has as many).
const HEADER: usize = 16;
const GENERIC: usize = 4;

/// A connection to the kernel.
pub struct Nftables {
    socket: OwnedFd,
    sequence: u32,
}

impl Nftables {
    /// # Errors
    /// The system gives no socket.
    pub fn open() -> io::Result<Self> {
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            Some(NETFILTER),
        )?;
        bind(&socket, &SocketAddrNetlink::new(0, 0))?;
        set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// The packets that each named counter of a table has counted; `None`: there is no such table.
    ///
    /// # Errors
    /// The kernel does not say: it takes CAP_NET_ADMIN.
    pub fn packets(
        &mut self,
        family: Family,
        table: &str,
    ) -> io::Result<Option<BTreeMap<String, u64>>> {
        let table = attribute(TABLE, &name(table));
        match self.ask(GET_TABLE, 0, family, &table) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let objects = self.ask(GET_OBJECTS, DUMP, family, &table)?;
        Ok(Some(
            objects
                .iter()
                .filter_map(|object| counter(object))
                .collect(),
        ))
    }

    /// The keys of a set's elements; `None`: there is no such set.
    ///
    /// # Errors
    /// As [`Self::packets`].
    pub fn keys(
        &mut self,
        family: Family,
        table: &str,
        set: &str,
    ) -> io::Result<Option<Vec<Vec<u8>>>> {
        let names = [attribute(TABLE, &name(table)), attribute(SET, &name(set))].concat();
        match self.ask(GET_ELEMENTS, DUMP, family, &names) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            messages => Ok(Some(
                messages?.iter().flat_map(|message| keys(message)).collect(),
            )),
        }
    }

    /// Asks, and gives the attributes of each message of the answer.
    fn ask(
        &mut self,
        what: u16,
        flags: u16,
        family: Family,
        names: &[u8],
    ) -> io::Result<Vec<Vec<u8>>> {
        self.sequence = self.sequence.wrapping_add(1);
        let message = request(
            NFTABLES | what,
            REQUEST | flags,
            self.sequence,
            family,
            names,
        );
        sendto(
            &self.socket,
            &message,
            SendFlags::empty(),
            &SocketAddrNetlink::new(0, 0),
        )?;
        let (mut found, mut buffer) = (Vec::new(), vec![0; LONGEST]);
        loop {
            let (length, _) = recv(&self.socket, &mut buffer[..], RecvFlags::empty())?;
            let mut rest = buffer.get(..length).unwrap_or_default();
            while let Some((message, after)) = Message::first(rest) {
                rest = after;
                // The rest of an earlier answer that was not read to its end.
                if message.sequence != self.sequence {
                    continue;
                }
                match message.kind {
                    DONE | ERROR => return message.result().map(|()| found),
                    _ => found.extend(message.body.get(GENERIC..).map(<[u8]>::to_vec)),
                }
                if message.flags & MULTI == 0 {
                    return Ok(found);
                }
            }
        }
    }
}

/// One message of the kernel's.
#[derive(Debug, PartialEq, Eq)]
struct Message<'bytes> {
    kind: u16,
    flags: u16,
    sequence: u32,
    body: &'bytes [u8],
}

impl<'bytes> Message<'bytes> {
    /// The first message, and the bytes after it; `None`: none is whole.
    fn first(bytes: &'bytes [u8]) -> Option<(Self, &'bytes [u8])> {
        let length = usize::try_from(u32::from_ne_bytes(array(bytes, 0)?)).ok()?;
        let body = bytes.get(HEADER..length)?;
        let (kind, flags) = (
            u16::from_ne_bytes(array(bytes, 4)?),
            u16::from_ne_bytes(array(bytes, 6)?),
        );
        let sequence = u32::from_ne_bytes(array(bytes, 8)?);
        let after = bytes.get(aligned(length)..).unwrap_or_default();
        Some((
            Self {
                kind,
                flags,
                sequence,
                body,
            },
            after,
        ))
    }

    /// What an error, or the end of a dump, says; its code 0 is success.
    fn result(&self) -> io::Result<()> {
        match array(self.body, 0).map(i32::from_ne_bytes) {
            None | Some(0) => Ok(()),
            Some(code) => Err(io::Error::from_raw_os_error(code.wrapping_neg())),
        }
    }
}

fn request(kind: u16, flags: u16, sequence: u32, family: Family, names: &[u8]) -> Vec<u8> {
    let family: u8 = match family {
        Family::V4 => 2,
        Family::V6 => 10,
    };
    let length = u32::try_from(HEADER + GENERIC + names.len()).unwrap_or(u32::MAX);
    let mut message = Vec::new();
    message.extend(length.to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend(sequence.to_ne_bytes());
    // The sender: the kernel knows it.
    message.extend(0_u32.to_ne_bytes());
    message.extend([family, 0, 0, 0]);
    message.extend(names);
    message
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(GENERIC + value.len()).unwrap_or(u16::MAX);
    let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
    bytes.extend(value);
    bytes.resize(aligned(bytes.len()), 0);
    bytes
}

/// With the NUL that the kernel wants at its end.
fn name(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}

/// The attributes of a message, or of another attribute: their kinds and values, as far as they are whole.
fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16::from_ne_bytes(array(bytes, 0)?));
        let kind = u16::from_ne_bytes(array(bytes, 2)?) & !NESTED;
        let value = bytes.get(GENERIC..length)?;
        bytes = bytes.get(aligned(length)..).unwrap_or_default();
        Some((kind, value))
    })
}

fn of_kind(bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    attributes(bytes)
        .find(|(kind, _)| *kind == wanted)
        .map(|(_, value)| value)
}

fn counter(object: &[u8]) -> Option<(String, u64)> {
    let name = of_kind(object, OBJECT_NAME)?;
    let name = str::from_utf8(name.strip_suffix(&[0]).unwrap_or(name)).ok()?;
    let packets = of_kind(of_kind(object, OBJECT_DATA)?, COUNTER_PACKETS)?;
    Some((name.to_owned(), u64::from_be_bytes(array(packets, 0)?)))
}

fn keys(message: &[u8]) -> Vec<Vec<u8>> {
    let elements = attributes(of_kind(message, ELEMENTS).unwrap_or_default());
    let key = |element| Some(of_kind(of_kind(element, ELEMENT_KEY)?, VALUE)?.to_vec());
    elements.filter_map(|(_, element)| key(element)).collect()
}

fn array<const LENGTH: usize>(bytes: &[u8], at: usize) -> Option<[u8; LENGTH]> {
    bytes.get(at..at.checked_add(LENGTH)?)?.try_into().ok()
}

/// Rounded up to four bytes.
fn aligned(length: usize) -> usize {
    length.next_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nested(kind: u16, values: &[Vec<u8>]) -> Vec<u8> {
        attribute(kind | NESTED, &values.concat())
    }

    #[test]
    fn a_counter_and_a_key_are_read_from_their_attributes() {
        let counted = [
            attribute(1, &99_u64.to_be_bytes()),
            attribute(COUNTER_PACKETS, &7_u64.to_be_bytes()),
        ];
        let object = [
            attribute(TABLE, &name("t")),
            attribute(OBJECT_NAME, &name("taken")),
            nested(OBJECT_DATA, &counted),
        ];
        assert_eq!(counter(&object.concat()), Some(("taken".to_owned(), 7)));
        let key =
            |address: [u8; 4]| nested(1, &[nested(ELEMENT_KEY, &[attribute(VALUE, &address)])]);
        let set = [
            attribute(TABLE, &name("t")),
            nested(ELEMENTS, &[key([169, 254, 92, 2]), key([169, 254, 92, 3])]),
        ];
        assert_eq!(keys(&set.concat()), [[169, 254, 92, 2], [169, 254, 92, 3]]);
    }

    #[test]
    fn a_message_is_read_to_its_end_and_an_error_is_one() {
        let message = request(
            NFTABLES | GET_TABLE,
            REQUEST,
            7,
            Family::V4,
            &attribute(TABLE, &name("abcd")),
        );
        assert_eq!(message.len() % 4, 0);
        let (first, rest) = Message::first(&message).unwrap();
        assert_eq!(
            (first.kind, first.sequence, rest),
            (NFTABLES | GET_TABLE, 7, &[][..])
        );
        assert_eq!(first.body.get(..4), Some(&[2, 0, 0, 0][..]));
        let refused = |code: i32| {
            Message {
                kind: ERROR,
                flags: 0,
                sequence: 1,
                body: &code.to_ne_bytes(),
            }
            .result()
        };
        assert_eq!(refused(-2).unwrap_err().kind(), ErrorKind::NotFound);
        assert!(refused(0).is_ok());
    }

    proptest! {
        #[test]
        fn any_bytes_are_withstood(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut rest = &bytes[..];
            while let Some((message, after)) = Message::first(rest) {
                prop_assert!(after.len() < rest.len());
                let _ = (message.result(), counter(message.body), keys(message.body));
                rest = after;
            }
            prop_assert!(attributes(&bytes).count() <= bytes.len());
        }
    }
}
