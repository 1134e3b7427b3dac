//! Prints which build the sources here make, for release notes and scripts.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

fn main() {
    println!("{}", version::BUILD);
}
