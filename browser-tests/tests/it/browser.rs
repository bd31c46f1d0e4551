//! A browser, and what is asked of every page.

use std::{ffi::OsStr, fs, path::PathBuf, sync::Arc, time::Duration};

use headless_chrome::{
    Browser, LaunchOptionsBuilder, Tab,
    protocol::cdp::{Emulation, Page::CaptureScreenshotFormatOption},
};
use serde_json::Value;
use unsnarl::sync::{Permit, Semaphore};

/// Texts that lie on each other, and how much wider the page is than its window.
const OVERLAPS: &str = include_str!("overlaps.js");

/// Few browsers at a time: they are large, and the machines of CI are small. More than one, since a test mostly waits for
/// the answers of its browser.
static TURNS: Semaphore = Semaphore::new(4);

/// A tab in a browser of its own.
pub(crate) struct Page {
    pub(crate) tab: Arc<Tab>,
    browser: Browser,
    /// None for a second tab of a browser.
    _turn: Option<Permit<'static>>,
}

/// Where pages and screenshots are kept.
pub(crate) fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("browser");
    fs::create_dir_all(&folder).unwrap();
    folder
}

impl Page {
    pub(crate) fn open(url: &str) -> Page {
        let turn = TURNS.acquire().unwrap();
        let arguments = [
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--hide-scrollbars",
        ];
        let options = LaunchOptionsBuilder::default()
            .sandbox(false)
            .idle_browser_timeout(Duration::from_secs(120))
            .args(arguments.iter().map(OsStr::new).collect())
            .build()
            .unwrap();
        let browser = Browser::new(options).expect("Chromium starts: install it, or name it by CHROME");
        let tab = browser.new_tab().unwrap();
        tab.navigate_to(url).unwrap().wait_until_navigated().unwrap();
        Page { tab, browser, _turn: Some(turn) }
    }

    /// Another tab of the same browser.
    pub(crate) fn another(&self, url: &str) -> Page {
        let tab = self.browser.new_tab().unwrap();
        tab.navigate_to(url).unwrap().wait_until_navigated().unwrap();
        Page { tab, browser: self.browser.clone(), _turn: None }
    }

    /// Goes to another page and waits until it is loaded, in as few calls of the browser as can be: each takes a while.
    pub(crate) fn go(&self, url: &str) {
        self.tab.navigate_to(url).unwrap();
        let loaded = "new Promise((done) => { const end = () => done(location.href); \
                      if (document.readyState === 'complete') end(); else addEventListener('load', end); })";
        assert_eq!(self.eval(loaded), url);
    }

    /// The window's size in CSS pixels.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        self.tab
            .call_method(Emulation::SetDeviceMetricsOverride {
                width,
                height,
                device_scale_factor: 1.0,
                mobile: false,
                scale: None,
                screen_width: None,
                screen_height: None,
                position_x: None,
                position_y: None,
                dont_set_visible_size: None,
                screen_orientation: None,
                viewport: None,
                display_feature: None,
                device_posture: None,
            })
            .unwrap();
    }

    /// What the expression gives.
    pub(crate) fn eval(&self, expression: &str) -> Value {
        let result =
            self.tab.evaluate(expression, true).unwrap_or_else(|error| panic!("{expression}: {error}"));
        result.value.unwrap_or(Value::Null)
    }

    pub(crate) fn text(&self, selector: &str) -> String {
        let text = self.eval(&format!("document.querySelector({selector:?})?.innerText ?? null"));
        text.as_str().unwrap_or_else(|| panic!("nothing is {selector}")).to_owned()
    }

    pub(crate) fn click(&self, selector: &str) {
        // A tab that is behind another one draws nothing, and answers no click.
        self.tab.bring_to_front().unwrap();
        self.tab.wait_for_element(selector).unwrap().click().unwrap();
    }

    pub(crate) fn press(&self, key: &str) {
        self.tab.press_key(key).unwrap();
    }

    /// Leaves a picture of the whole page.
    pub(crate) fn screenshot(&self, name: &str) {
        let bytes =
            self.tab.capture_screenshot(CaptureScreenshotFormatOption::Png, None, None, true).unwrap();
        fs::write(folder().join(format!("{name}.png")), bytes).unwrap();
    }

    /// What the expression gives, in which `layout()` is what [`assert_laid_out`](Self::assert_laid_out) looks at.
    pub(crate) fn eval_with_layout(&self, expression: &str) -> Value {
        self.eval(&format!("(() => {{ const layout = () => {}; return {expression}; }})()", OVERLAPS.trim()))
    }

    /// No text lies on another one, and the page is no wider than its window.
    pub(crate) fn assert_laid_out(&self, what: &str) {
        let problems = self.eval(OVERLAPS);
        let problems = problems.as_str().unwrap_or("the script gave nothing");
        assert_eq!(problems, "", "{what}");
    }
}
