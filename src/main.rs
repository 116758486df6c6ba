//! The program `gerbang`.

/// The road allocates some dozens of small buffers a request: glibc's allocator took a tenth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    gerbang::cli::main()
}
