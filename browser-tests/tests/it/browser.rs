//! A browser, and what is asked of every page.

use std::{
    ffi::OsStr,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use headless_chrome::{
    Browser, LaunchOptionsBuilder, Tab,
    protocol::cdp::{Emulation, Page::CaptureScreenshotFormatOption},
};
use serde_json::Value;

/// Texts that lie on each other, and how much wider the page is than its window.
const OVERLAPS: &str = include_str!("overlaps.js");

/// One browser at a time: they are large, and the machines of CI are small.
static TURN: Mutex<()> = Mutex::new(());

/// A tab in a browser of its own.
pub(crate) struct Page {
    pub(crate) tab: Arc<Tab>,
    browser: Browser,
    /// None for a second tab of a browser.
    _turn: Option<MutexGuard<'static, ()>>,
}

/// Where pages and screenshots are kept.
pub(crate) fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("browser");
    fs::create_dir_all(&folder).unwrap();
    folder
}

impl Page {
    pub(crate) fn open(url: &str) -> Page {
        let turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
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

    /// No text lies on another one, and the page is no wider than its window.
    pub(crate) fn assert_laid_out(&self, what: &str) {
        let problems = self.eval(OVERLAPS);
        let problems = problems.as_str().unwrap_or("the script gave nothing");
        assert_eq!(problems, "", "{what}");
    }
}
