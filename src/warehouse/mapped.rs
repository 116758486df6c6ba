//! A data file mapped into memory, so that a page is read without a call of the system, which would cost more than all the
//! rest of a page. The one file of this program with `unsafe`.
//!
//! Why it is sound:
//! - No reference ever points into a mapping. Bytes are copied out by [`Mapping::copy`] within the mapping's bounds, and only the
//!   copy is checked and believed, so a file that changes under the gateway gives a damaged page at worst.
//! - A mapping lives as long as its [`Mapping`], is read-only, and is reachable through `&self` alone.
//! - A piece that cannot be read (the file was cut short, the disk is broken) raises SIGBUS. The handler puts zeros in the place of
//!   the piece and lets the copy go on; zeros carry no checksum, so the page counts as damaged and the caller asks the file itself.
//!   It uses atomics and calls of the system that POSIX or Linux allow in a handler, and leaves every other SIGBUS to its
//!   predecessor.
//!
//! Not to be used for files that are written to: what is copied is no snapshot of a moment.
#![expect(unsafe_code, reason = "the one place that maps files: argued above, and named in tests/architecture/words.rs")]

use std::fs::File;
use std::os::fd::AsRawFd;
use std::ptr::{null, null_mut};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use libc::{MAP_ANONYMOUS, MAP_FAILED, MAP_FIXED, MAP_PRIVATE, MAP_SHARED, PROT_READ, c_int, c_void, siginfo_t};

/// Files that can be mapped at the same time; more are read without.
const REGIONS_MAX: usize = 4096;
/// What the handler replaces at once. The kernel bounds the number of mappings, so it is not a single page of memory.
const PIECE_BYTES: usize = 256 * 1024;
/// A line of the processor's cache.
const LINE_BYTES: usize = 64;
/// So much of what is expected is fetched ahead; the processor notices by itself that more follows.
const EXPECTED_BYTES_MAX: usize = 4 * LINE_BYTES;

/// A file in memory, read-only.
pub(super) struct Mapping {
    start: *const u8,
    length: usize,
    region: &'static Region,
}

// SAFETY: the memory is read-only, shared by nature, and unmapped only when the last owner drops it.
unsafe impl Send for Mapping {}
// SAFETY: as above; `&self` only copies out of it.
unsafe impl Sync for Mapping {}

/// Where a mapping lies, for the handler; both 0 where the place is free, `start` alone is 1 while it is being filled.
struct Region {
    start: AtomicUsize,
    end: AtomicUsize,
}

const FREE: usize = 0;
const TAKEN: usize = 1;

static REGIONS: [Region; REGIONS_MAX] = [const { Region { start: AtomicUsize::new(FREE), end: AtomicUsize::new(0) } }; REGIONS_MAX];

/// What handled SIGBUS before; set once the handler stands, `None` where it could not be put there.
static BEFORE: OnceLock<Option<libc::sigaction>> = OnceLock::new();

impl Mapping {
    /// Maps the first `length` bytes of a file; `None` where the system does not let it, and the file is to be read by calls.
    pub(super) fn of(file: &File, length: u64) -> Option<Self> {
        let length = usize::try_from(length).ok().filter(|length| *length > 0)?;
        BEFORE.get_or_init(stand_guard).as_ref()?;
        let take = |region: &&Region| region.start.compare_exchange(FREE, TAKEN, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        let region = REGIONS.iter().find(take)?;
        // SAFETY: a new mapping at a place that the kernel chooses: no memory in use is touched.
        let start = unsafe { libc::mmap(null_mut(), length, PROT_READ, MAP_SHARED, file.as_raw_fd(), 0) };
        if start == MAP_FAILED {
            region.start.store(FREE, Ordering::Release);
            return None;
        }
        region.end.store(start.addr() + length, Ordering::Release);
        region.start.store(start.addr(), Ordering::Release);
        // SAFETY: the range is the mapping just made. Advice only: look-ups are random, reading ahead would waste the disk.
        unsafe { libc::madvise(start, length, libc::MADV_RANDOM) };
        Some(Self { start: start.cast(), length, region })
    }

    /// Copies the bytes at `offset` into `buffer`; `None`, and nothing is copied, where they do not lie within the mapping.
    pub(super) fn copy(&self, offset: u64, buffer: &mut [u8]) -> Option<()> {
        let offset = usize::try_from(offset).ok()?;
        offset.checked_add(buffer.len()).filter(|end| *end <= self.length)?;
        // SAFETY: the source lies within the mapping (checked above), which lives as long as `self`; the buffer is borrowed
        // exclusively and cannot overlap it; bytes have no invalid values.
        unsafe { std::ptr::copy_nonoverlapping(self.start.add(offset), buffer.as_mut_ptr(), buffer.len()) };
        Some(())
    }

    /// Tells the processor that these bytes will soon be copied, so that waits for memory overlap.
    pub(super) fn expect(&self, offset: u64, bytes: usize) {
        #[cfg(target_arch = "x86_64")]
        for line in (0..bytes.min(EXPECTED_BYTES_MAX)).step_by(LINE_BYTES) {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            let at = self.start.wrapping_add(offset as usize).wrapping_add(line);
            // SAFETY: a hint about any address, mapped or not, changes nothing that a program can see.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) };
        }
    }

    /// Takes the file's pages out of this process's memory. They stay in the page cache: the next copy finds them there.
    pub(super) fn release(&self) {
        // SAFETY: the range is this mapping; the pages of a file that are dropped come back from the file when they are next read.
        unsafe { libc::madvise(self.start.cast_mut().cast(), self.length, libc::MADV_DONTNEED) };
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        self.region.end.store(0, Ordering::Release);
        self.region.start.store(FREE, Ordering::Release);
        // SAFETY: the range was mapped by `of`, nothing points into it, and nobody can copy from it any more.
        unsafe { libc::munmap(self.start.cast_mut().cast(), self.length) };
    }
}

/// Puts the handler in place; what stood there before.
fn stand_guard() -> Option<libc::sigaction> {
    // SAFETY: `sigaction` is a plain C structure for which all zeros are valid; both calls get pointers to such structures or null.
    unsafe {
        let mut before: libc::sigaction = std::mem::zeroed();
        let mut own: libc::sigaction = std::mem::zeroed();
        own.sa_sigaction = on_bus_error as extern "C" fn(c_int, *mut siginfo_t, *mut c_void) as usize;
        own.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut own.sa_mask);
        let stands = libc::sigaction(libc::SIGBUS, null(), &raw mut before) == 0;
        (stands && libc::sigaction(libc::SIGBUS, &raw const own, null_mut()) == 0).then_some(before)
    }
}

/// The handler. Nothing in it allocates, locks or panics.
extern "C" fn on_bus_error(_signal: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel hands over a valid `siginfo_t`. The new mapping covers a piece of one of our regions and nothing else; that
    // region stays mapped, for the thread that faulted is copying from it. `sigaction`, `mmap` and `raise` may be called in a
    // handler on Linux, and errno is left as it was.
    unsafe {
        let errno = libc::__errno_location();
        let errno_before = *errno;
        let address = (*info).si_addr().addr();
        let by_the_kernel = (*info).si_code > 0;
        let covers = |region: &&Region| {
            let start = region.start.load(Ordering::Acquire);
            start > TAKEN && (start..region.end.load(Ordering::Acquire)).contains(&address)
        };
        let replaced = by_the_kernel
            && REGIONS.iter().find(covers).is_some_and(|region| {
                let start = region.start.load(Ordering::Acquire);
                let end = region.end.load(Ordering::Acquire);
                let from = start.max(address / PIECE_BYTES * PIECE_BYTES);
                let to = end.min((address / PIECE_BYTES + 1) * PIECE_BYTES);
                let flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS;
                from < to && libc::mmap(from as *mut c_void, to - from, PROT_READ, flags, -1, 0) != MAP_FAILED
            });
        if !replaced {
            if let Some(Some(before)) = BEFORE.get() {
                libc::sigaction(libc::SIGBUS, before, null_mut());
            }
            libc::raise(libc::SIGBUS);
        }
        *errno = errno_before;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;

    #[test]
    fn copies_what_the_file_holds_and_nothing_beyond_it() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(b"abcdefgh", 0).unwrap();
        let mapping = Mapping::of(&file, 8).unwrap();
        let mut buffer = [0; 4];
        mapping.copy(3, &mut buffer).unwrap();
        assert_eq!(&buffer, b"defg");
        mapping.release();
        mapping.copy(4, &mut buffer).unwrap();
        assert_eq!(&buffer, b"efgh");
        assert!(mapping.copy(5, &mut buffer).is_none());
        assert!(mapping.copy(u64::MAX, &mut buffer).is_none());
        assert_eq!(&buffer, b"efgh");
    }

    #[test]
    fn what_a_cut_file_lost_reads_as_zeros_and_the_process_lives() {
        let file = tempfile::tempfile().unwrap();
        let bytes = vec![7; 4 * PIECE_BYTES];
        file.write_all_at(&bytes, 0).unwrap();
        let mapping = Mapping::of(&file, bytes.len() as u64).unwrap();
        file.set_len(PIECE_BYTES as u64).unwrap();
        let mut buffer = [1; 64];
        for (offset, expected) in [(2 * PIECE_BYTES, 0), (bytes.len() - 64, 0), (64, 7)] {
            mapping.copy(offset as u64, &mut buffer).unwrap();
            assert!(buffer.iter().all(|byte| *byte == expected), "at {offset}");
        }
    }

    #[test]
    fn an_empty_file_is_not_mapped() {
        assert!(Mapping::of(&tempfile::tempfile().unwrap(), 0).is_none());
    }
}
