//! The program `gerbang`.

fn main() -> std::process::ExitCode {
    gerbang::cli::main()
}
