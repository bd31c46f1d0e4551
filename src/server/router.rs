//! Which handler answers which path and method.

use std::fmt;

use super::{
    handler::{BodyMode, Handler, Request},
    http::{Head, Method, Response},
};

/// Handlers by path and method.
///
/// A route's path has literal parts, `{name}` for one segment that is not empty, and `{*name}` at the end for all the rest;
/// `{{` and `}}` stand for braces. Of several routes that match, the one with the longest literal beginning is taken. Paths
/// are compared after percent-decoding and without dot segments, see [`Head::path`](super::http::Head::path); so an encoded
/// slash is a slash.
///
/// - A path that no route has goes to the [fallback](Self::fallback), else is answered with 404.
/// - A path without a handler for the method is answered with 405 and `Allow`, a method that no RFC knows with 501.
/// - `HEAD` is answered by the handler of `GET`; the server leaves the content out.
/// - `OPTIONS` is answered with 204 and `Allow` where the route has no handler for it.
///
/// # Examples
///
/// ```
/// use unsnarl::server::{Request, Router, Server, http::Response};
///
/// fn greet(request: &Request<'_>) -> String {
///     format!("hello, {}", request.param("name"))
/// }
///
/// fn parse(request: &Request<'_>) -> Result<String, Response> {
///     let number: u64 = request.param("number").parse().map_err(|_| Response::text(400, "not a number"))?;
///     Ok(format!("{}", number / 2))
/// }
///
/// let router = Router::new()
///     .get("/hello/{name}", greet)
///     .get("/half/{number}", parse)
///     .post("/notes", |_: &Request<'_>| Response::new(201).with_field("location", "/notes/1"));
/// let server = Server::builder().addr("127.0.0.1:0").handler(router).build()?;
/// # Ok::<(), unsnarl::server::ServerError>(())
/// ```
#[derive(Default)]
pub struct Router {
    paths: matchit::Router<usize>,
    routes: Vec<Route>,
    fallback: Option<Box<dyn Handler>>,
}

/// The handlers of one path.
struct Route {
    path: String,
    /// By the method's name.
    handlers: Vec<(String, Box<dyn Handler>)>,
}

/// Makes the methods for one HTTP method each.
macro_rules! methods {
    ($($name:ident, $method:ident;)*) => {$(
        #[doc = concat!("Answers `", stringify!($method), "` of `path` by `handler`.")]
        ///
        /// # Panics
        ///
        /// As [`route`](Self::route).
        #[must_use]
        #[track_caller]
        pub fn $name(self, path: &str, handler: impl Handler) -> Self {
            self.route(Method::$method.as_str(), path, handler)
        }
    )*};
}

impl Router {
    /// Without routes.
    #[must_use]
    pub fn new() -> Self {
        Router::default()
    }

    methods! {
        get, Get;
        post, Post;
        put, Put;
        delete, Delete;
        patch, Patch;
        options, Options;
    }

    /// Answers `method` of `path` by `handler`; any token is a method.
    ///
    /// # Panics
    ///
    /// When `path` is malformed or in conflict with another route, or the path has a handler for this method already:
    /// mistakes in the program, which show at its start.
    #[must_use]
    #[track_caller]
    pub fn route(mut self, method: &str, path: &str, handler: impl Handler) -> Self {
        let at = match self.routes.iter().position(|route| route.path == path) {
            Some(at) => at,
            None => {
                assert!(path.starts_with('/'), "the route `{path}` does not begin with a slash");
                if let Err(error) = self.paths.insert(path, self.routes.len()) {
                    panic!("the route `{path}` cannot be added: {error}");
                }
                self.routes.push(Route { path: path.to_owned(), handlers: Vec::new() });
                self.routes.len() - 1
            }
        };
        let route = &mut self.routes[at];
        assert!(route.handler(method).is_none(), "the route `{path}` has two handlers for {method}");
        route.handlers.push((method.to_owned(), Box::new(handler)));
        self
    }

    /// Answers what no route has a path for by `handler`: for example [`Files`](super::Files).
    #[must_use]
    pub fn fallback(mut self, handler: impl Handler) -> Self {
        self.fallback = Some(Box::new(handler));
        self
    }

    /// `OPTIONS *` is about the server as a whole.
    fn allow_of_all(&self) -> String {
        let mut all: Vec<&str> = vec!["GET", "HEAD", "OPTIONS"];
        for name in self.routes.iter().flat_map(Route::names) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        all.join(", ")
    }
}

impl Handler for Router {
    fn handle(&self, request: &Request<'_>) -> Response {
        let head = request.head();
        if head.path() == "*" {
            return Response::new(204).with_field("allow", self.allow_of_all());
        }
        let Ok(found) = self.paths.at(head.path()) else {
            return match &self.fallback {
                Some(fallback) => fallback.handle(request),
                None => Response::text(404, "404 Not Found: there is nothing at this path"),
            };
        };
        let route = &self.routes[*found.value];
        if let Some(handler) = route.handler_of(head) {
            let params: Vec<_> = found.params.iter().collect();
            return handler.handle(&request.with_params(&params));
        }
        match head.method() {
            Method::Options => Response::new(204).with_field("allow", route.allow()),
            method => refused(method, &route.allow()),
        }
    }

    /// As the handler says that will be called.
    fn body_mode(&self, head: &Head) -> BodyMode {
        let handler = match self.paths.at(head.path()) {
            Ok(found) => self.routes[*found.value].handler_of(head),
            Err(_) => self.fallback.as_deref(),
        };
        handler.map_or(BodyMode::Whole, |handler| handler.body_mode(head))
    }
}

/// 501 for a method that is known nowhere, else 405.
pub(super) fn refused(method: Method, allow: &str) -> Response {
    let response = match method {
        Method::Other => Response::text(501, "501 Not Implemented: the method is not known"),
        _ => Response::text(405, format!("405 Method Not Allowed: use {allow}")),
    };
    response.with_field("allow", allow.to_owned())
}

impl Route {
    fn handler(&self, method: &str) -> Option<&dyn Handler> {
        self.handlers.iter().find(|(known, _)| known == method).map(|(_, handler)| &**handler)
    }

    /// Which handler answers; `HEAD` is answered by the one of `GET`, too.
    fn handler_of(&self, head: &Head) -> Option<&dyn Handler> {
        let by_get = || (head.method() == Method::Head).then(|| self.handler("GET")).flatten();
        self.handler(head.method_name()).or_else(by_get)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.handlers.iter().map(|(name, _)| name.as_str())
    }

    fn allow(&self) -> String {
        let mut names: Vec<&str> = self.names().collect();
        if names.contains(&"GET") && !names.contains(&"HEAD") {
            names.push("HEAD");
        }
        if !names.contains(&"OPTIONS") {
            names.push("OPTIONS");
        }
        names.join(", ")
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.routes.iter().map(|route| (&route.path, route.allow()));
        f.debug_map().entries(routes).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::http::scan::HeadScanner;

    fn fixed(text: &'static str) -> impl Handler {
        move |_: &Request<'_>| text
    }

    fn router() -> Router {
        Router::new()
            .get("/", fixed("root"))
            .get("/users/{id}", |request: &Request<'_>| format!("user {}", request.param("id")))
            .delete("/users/{id}", |_: &Request<'_>| ())
            .get("/users/me", fixed("me"))
            .get("/tree/{*path}", |request: &Request<'_>| request.param("path").to_owned())
            .route("PURGE", "/cache", fixed("purged"))
            .get("/broken", |_: &Request<'_>| Err::<(), _>(std::io::Error::other("a secret")))
            .get("/option/{number}", |request: &Request<'_>| {
                request.param("number").parse::<u8>().ok().map(|_| "small")
            })
    }

    fn ask(router: &Router, method: &str, path: &str) -> Response {
        let bytes = format!("{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes();
        let range = HeadScanner::default().scan(&bytes, 4096, 1024).unwrap().unwrap();
        let head = Head::parse(&bytes, range, 1024).unwrap();
        router.handle(&Request::new(&head, b"", None, &|_| ()))
    }

    fn text(response: &Response) -> &str {
        match response.body() {
            crate::server::http::Body::Bytes(bytes) => std::str::from_utf8(bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn paths_and_parameters() {
        let router = router();
        for (path, expected) in [
            ("/", "root"),
            ("/users/7", "user 7"),
            ("/users/a%20b", "user a b"),
            ("/users/me", "me"),
            ("/tree/a/b/c", "a/b/c"),
            ("/x/../users/9?q", "user 9"),
            ("/option/8", "small"),
        ] {
            assert_eq!(text(&ask(&router, "GET", path)), expected, "{path}");
        }
        for path in ["/users", "/users/", "/users/1/2", "/tree", "/nothing", "/option/256"] {
            assert_eq!(ask(&router, "GET", path).status(), 404, "{path}");
        }
    }

    #[test]
    fn methods() {
        let router = router();
        let allow = |response: &Response| response.field("allow").map(str::to_owned);
        assert_eq!(ask(&router, "DELETE", "/users/7").status(), 204);
        assert_eq!(text(&ask(&router, "HEAD", "/users/7")), "user 7");
        assert_eq!(text(&ask(&router, "PURGE", "/cache")), "purged");
        let post = ask(&router, "POST", "/users/7");
        assert_eq!((post.status(), allow(&post).as_deref()), (405, Some("GET, DELETE, HEAD, OPTIONS")));
        let other = ask(&router, "BREW", "/users/7");
        assert_eq!((other.status(), allow(&other).is_some()), (501, true));
        let head = ask(&router, "HEAD", "/cache");
        assert_eq!((head.status(), allow(&head).as_deref()), (405, Some("PURGE, OPTIONS")));
        let options = ask(&router, "OPTIONS", "/cache");
        assert_eq!((options.status(), allow(&options).as_deref()), (204, Some("PURGE, OPTIONS")));
        let all = ask(&router, "OPTIONS", "*");
        assert_eq!((all.status(), allow(&all).as_deref()), (204, Some("GET, HEAD, OPTIONS, DELETE, PURGE")));
    }

    #[test]
    fn errors_are_kept_from_clients() {
        let broken = ask(&router(), "GET", "/broken");
        assert_eq!((broken.status(), broken.cause()), (500, Some("a secret")));
        assert!(!text(&broken).contains("secret"));
        let router = Router::new().fallback(fixed("elsewhere"));
        assert_eq!(text(&ask(&router, "GET", "/nothing")), "elsewhere");
    }

    #[test]
    fn mistakes_show_at_the_start() {
        let message = |build: fn() -> Router| {
            *std::panic::catch_unwind(build).unwrap_err().downcast::<String>().unwrap()
        };
        let twice = || Router::new().get("/a", fixed("x")).get("/a", fixed("y"));
        assert_eq!(message(twice), "the route `/a` has two handlers for GET");
        let conflict = || Router::new().get("/{a}", fixed("x")).get("/{b}", fixed("y"));
        assert!(message(conflict).starts_with("the route `/{b}` cannot be added: "));
        assert_eq!(
            message(|| Router::new().get("a", fixed("x"))),
            "the route `a` does not begin with a slash"
        );
    }
}
