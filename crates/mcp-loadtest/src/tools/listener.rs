//! Who listens on a port of this machine.
//!
//! Read from [`/proc`](https://man7.org/linux/man-pages/man5/proc.5.html); where there is none, nobody is known.

use std::collections::BTreeSet;
use std::fs::{read_dir, read_link, read_to_string};

/// The state of a socket that listens.
const LISTENING: &str = "0A";

/// The processes that listen on a port, all of those that share it.
pub(crate) fn listeners(port: u16) -> Vec<u32> {
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|it| read_to_string(it).unwrap_or_default());
    let sockets: BTreeSet<String> = tables.iter().flat_map(|it| sockets(it, port)).collect();
    if sockets.is_empty() {
        return Vec::new();
    }
    let processes = read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let processes = processes.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    processes.filter(|pid| holds_one(*pid, &sockets)).collect()
}

/// The sockets of a table of the kernel's that listen on a port, as the links in `/proc/PID/fd` name them.
fn sockets(table: &str, port: u16) -> Vec<String> {
    let of_line = |line: &str| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, state) = (fields.next()?, fields.nth(1)?);
        let inode = fields.nth(5)?;
        let (_, hex) = local.rsplit_once(':')?;
        let is_it = u16::from_str_radix(hex, 16) == Ok(port) && state == LISTENING;
        is_it.then(|| format!("socket:[{inode}]"))
    };
    table.lines().filter_map(of_line).collect()
}

fn holds_one(pid: u32, sockets: &BTreeSet<String>) -> bool {
    let open = read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().filter_map(Result::ok);
    let mut links = open.filter_map(|it| read_link(it.path()).ok());
    links.any(|it| it.to_str().is_some_and(|it| sockets.contains(it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernels_table_names_a_socket_that_listens() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0\n   \
            1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0\n";
        assert_eq!(sockets(table, 8080), ["socket:[4711]"]);
        assert_eq!(sockets(table, 8081), [""; 0]);
    }

    #[test]
    fn a_listener_of_this_process_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(listeners(port), [std::process::id()]);
        drop(listener);
        assert_eq!(listeners(port), [0; 0]);
    }
}
