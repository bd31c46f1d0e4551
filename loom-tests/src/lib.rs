//! Models.

#[cfg(test)]
mod facade;
