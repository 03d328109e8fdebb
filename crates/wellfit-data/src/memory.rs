//! How much memory there is, before much of it is taken.

use std::fs;

use crate::FileFault;

/// What is not worth asking for, in bytes.
const LITTLE: u64 = 64 << 20;

/// Refuses to take more memory than is free, where the system says how much that is.
pub(crate) fn check(needed: u64) -> Result<(), FileFault> {
    if needed < LITTLE {
        return Ok(());
    }
    compare(needed, free())
}

fn compare(needed: u64, free: Option<u64>) -> Result<(), FileFault> {
    match free {
        Some(free) if needed > free => Err(FileFault::Memory { needed, free }),
        _ => Ok(()),
    }
}

/// Bytes that Linux says can be taken without swapping.
fn free() -> Option<u64> {
    parse(&fs::read_to_string("/proc/meminfo").ok()?)
}

fn parse(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_is_free_is_refused_in_words() {
        let free = parse("MemTotal:  9 kB\nMemAvailable:    2097152 kB\n");
        assert_eq!(free, Some(2 << 30));
        assert!(compare(2 << 30, free).is_ok() && compare(u64::MAX, None).is_ok());
        assert_eq!(
            compare(12 << 30, free).unwrap_err().to_string(),
            "needs about 12.0 GiB of memory, but 2.0 GiB are free; take fewer rows or columns, or \
             close other programs"
        );
        assert_eq!(parse("MemAvailable: many kB"), None);
    }

    #[test]
    fn little_is_not_worth_asking_for() {
        assert!(check(1).is_ok());
        assert!(free().is_none() || check(u64::MAX).is_err());
    }
}
