//! Tables in the documents that tests produce: they cannot be stale.

use std::{env, fs, path::Path};

/// With this variable set to 1 the tables are written instead of compared.
const WRITE_VARIABLE: &str = "UNSNARL_WRITE_TABLES";

/// Requires that the rows of the document's table, all below its head, are these.
pub(crate) fn require(document: &str, rows: &[String]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    let text = fs::read_to_string(&path).expect("the document is there");
    let (head, rest) = text.split_once("|---").expect("there is a table");
    let (rule, rest) = rest.split_once('\n').expect("the head of a table ends");
    let after: Vec<&str> = rest.lines().skip_while(|line| line.starts_with('|')).collect();
    let table: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let mut now = format!("{head}|---{rule}\n{table}{}", after.join("\n"));
    if !now.ends_with('\n') {
        now.push('\n');
    }
    if env::var_os(WRITE_VARIABLE).is_some_and(|value| value == "1") {
        fs::write(&path, now).expect("the document can be written");
    } else {
        assert_eq!(text, now, "{document} is stale: run the command that it names and commit the change");
    }
}
