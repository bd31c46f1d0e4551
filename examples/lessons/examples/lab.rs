//! Opens the lab with our lessons: `cargo run --example lab`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let lab = lessons::lab().build()?;
    println!("{}", lab.url());
    // Until Ctrl-C.
    let _ = lab.run()?;
    Ok(())
}
