//! Places, which reports carry as `file:line:column`.

/// The parts of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlaceParts<'a> {
    pub(crate) file: &'a str,
    /// From 1.
    pub(crate) line: usize,
    /// From 1, in characters.
    pub(crate) column: usize,
}

impl PlaceParts<'_> {
    /// Whether it is in the standard library, where a reader has nothing to look for.
    pub(crate) fn is_of_std(&self) -> bool {
        self.file.starts_with("/rustc/")
    }
}

/// Takes a place apart; `None` if the text is none. A file's name may have colons.
pub(crate) fn parse(place: &str) -> Option<PlaceParts<'_>> {
    let (rest, column) = place.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    let (line, column) = (line.parse().ok()?, column.parse().ok()?);
    (!file.is_empty() && line > 0).then_some(PlaceParts { file, line, column })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_have_colons() {
        let parts = PlaceParts { file: r"C:\a\b.rs", line: 3, column: 14 };
        assert_eq!(parse(r"C:\a\b.rs:3:14"), Some(parts));
        assert_eq!(parse("an unknown place"), None);
        assert_eq!(parse("a.rs:x:1"), None);
        assert_eq!(parse(":3:1"), None);
    }
}
