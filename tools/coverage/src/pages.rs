//! What rustdoc's pages say about the items of a module.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::Context;
use scraper::{ElementRef, Html, Selector};

/// Items by path and kind, like `mpsc::Sender` and `struct`.
pub(crate) type Items = BTreeMap<String, Item>;

/// What a user can name of an item.
#[derive(Debug, Default)]
pub(crate) struct Item {
    /// Stable methods, variants and constants.
    pub(crate) members: BTreeSet<String>,
    /// Traits that it implements.
    pub(crate) traits: BTreeSet<String>,
}

/// Kinds of items that have a page, as file names begin.
const KINDS: &[&str] = &["struct", "enum", "trait", "fn", "macro", "type", "constant", "union"];

/// Unstable traits and those that the compiler keeps for itself.
const TRAITS_LEFT_OUT: &[&str] = &[
    "Freeze",
    "UnsafeUnpin",
    "StructuralPartialEq",
    "TrustedLen",
    "DerefPure",
    "TrivialClone",
    "CoerceUnsized",
    "DispatchFromDyn",
    "PinCoerceUnsized",
    "UseCloned",
    "Step",
    "CloneFromCell",
    // A destructor is no promise to anybody.
    "Drop",
];

/// Reads the pages of a module and of the modules in it.
pub(crate) fn read(folder: &Path) -> anyhow::Result<Items> {
    let mut items = Items::new();
    read_module(folder, folder, "", &mut items)?;
    Ok(items)
}

fn read_module(root: &Path, folder: &Path, prefix: &str, items: &mut Items) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("rustdoc wrote no {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            read_module(root, &entry.path(), &format!("{prefix}{name}::"), items)?;
        } else if let Some((kind, rest)) = name.split_once('.')
            && let Some(item) = rest.strip_suffix(".html")
            && KINDS.contains(&kind)
        {
            let page = Html::parse_document(&fs::read_to_string(entry.path())?);
            if let Some(read) = read_item(root, &page)? {
                items.insert(format!("{prefix}{}", item.trim_end_matches('!')), read);
            }
        }
    }
    Ok(())
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).expect("a selector that is written here")
}

/// The item of a page, if it is stable.
fn read_item(root: &Path, page: &Html) -> anyhow::Result<Option<Item>> {
    let declaration = page.select(&selector("#main-content > .item-info")).next();
    if declaration.is_some_and(is_left_out) {
        return Ok(None);
    }
    let mut item = Item::default();
    for section in page.select(&selector("#main-content section.method, #main-content section.variant")) {
        if is_inside(section, "trait-implementations-list")
            || is_inside(section, "blanket-implementations-list")
            || is_inside(section, "synthetic-implementations-list")
        {
            continue;
        }
        if let Some((_, name)) = section.attr("id").and_then(|id| id.split_once('.'))
            && !info_of(section).is_some_and(is_left_out)
        {
            // rustdoc numbers what stands on the page twice.
            let name = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
            item.members.insert(name.to_owned());
        }
    }
    let lists = "#trait-implementations-list section.impl, #synthetic-implementations-list section.impl";
    for section in page.select(&selector(lists)) {
        if !info_of(section).is_some_and(is_left_out)
            && let Some(heading) = section.select(&selector("h3.code-header")).next()
            && let Some(name) = trait_of(&heading.text().collect::<String>())
        {
            item.traits.insert(name);
        }
    }
    if let Some(aliased) = aliased(root, page)? {
        item.members.extend(aliased.members);
        item.traits.extend(aliased.traits);
    }
    Ok(Some(item))
}

/// What an alias stands for, if that is a lock or guard of `lock_api`: rustdoc does not repeat its methods.
fn aliased(root: &Path, page: &Html) -> anyhow::Result<Option<Item>> {
    let declaration = page.select(&selector("pre.rust.item-decl")).next();
    let is_alias = declaration.is_some_and(|text| text.text().collect::<String>().starts_with("pub type"));
    let title = page.select(&selector("pre.rust.item-decl a.struct")).find_map(|link| {
        let title = link.attr("title")?;
        title.contains("lock_api::").then(|| title.rsplit("::").next().unwrap_or(title).to_owned())
    });
    let (true, Some(name)) = (is_alias, title) else { return Ok(None) };
    let pages = root.parent().context("a module is in a crate")?.join("parking_lot_lock_api");
    let page = pages.join(format!("struct.{name}.html"));
    let page = fs::read_to_string(&page).with_context(|| page.display().to_string())?;
    read_item(root, &Html::parse_document(&page))
}

/// The trait of a heading like `impl<T> From<T> for Mutex<T>`.
fn trait_of(heading: &str) -> Option<String> {
    let heading = heading.split_whitespace().collect::<Vec<_>>().join(" ");
    let rest = heading.strip_prefix("unsafe ").unwrap_or(&heading).strip_prefix("impl")?;
    let mut depth = 0;
    let generics_end = if rest.starts_with('<') {
        rest.char_indices().find_map(|(at, c)| {
            depth += match c {
                '<' => 1,
                '>' if !rest[..at].ends_with('-') => -1,
                _ => 0,
            };
            (depth == 0).then_some(at + 1)
        })?
    } else {
        0
    };
    let (name, _) = rest[generics_end..].trim().split_once(" for ")?;
    let bare = name.trim_start_matches('!').split('<').next()?;
    (!TRAITS_LEFT_OUT.contains(&bare)).then(|| name.trim_start_matches("const ").to_owned())
}

/// The remarks that stand beside a member: it is unstable, for one.
fn info_of(section: ElementRef<'_>) -> Option<ElementRef<'_>> {
    let after = section.next_siblings().filter_map(ElementRef::wrap).next()?;
    after.value().classes().any(|class| class == "item-info").then_some(after)
}

fn is_left_out(info: ElementRef<'_>) -> bool {
    info.select(&selector(".stab.unstable")).next().is_some()
}

fn is_inside(element: ElementRef<'_>, id: &str) -> bool {
    element.ancestors().filter_map(ElementRef::wrap).any(|ancestor| ancestor.attr("id") == Some(id))
}
