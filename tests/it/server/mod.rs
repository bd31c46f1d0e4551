//! The server over real loopback sockets, and its parts beside naive ones.
//!
//! Each test of the whole server runs with each front end: their modules are below one for each. No test asserts a time; waits
//! end at a generous deadline that only a hang reaches.

mod cache;
mod pool;
mod table;
#[cfg(all(feature = "tls", feature = "model"))]
mod tls_models;

/// The modules of tests that hold for every front end, and those that hold for this one.
macro_rules! front_end {
    ($module:ident, $front_end:ident, { $($only:item)* }) => {
        #[path = "."]
        mod $module {
            /// What the tests of this module run with.
            pub(crate) const FRONT_END: unsnarl::server::FrontEnd = unsnarl::server::FrontEnd::$front_end;

            #[path = "abuse.rs"]
            mod abuse;
            #[path = "client.rs"]
            pub(crate) mod client;
            #[path = "conformance/mod.rs"]
            mod conformance;
            #[path = "cut.rs"]
            mod cut;
            #[path = "drain.rs"]
            mod drain;
            #[path = "files.rs"]
            mod files;
            #[path = "framing.rs"]
            mod framing;
            #[path = "large.rs"]
            mod large;
            #[path = "overload.rs"]
            mod overload;
            #[path = "representations.rs"]
            mod representations;
            #[path = "status.rs"]
            mod status;
            #[path = "streaming.rs"]
            mod streaming;
            #[cfg(feature = "tls")]
            #[path = "tls.rs"]
            mod tls;
            $($only)*
        }
    };
}

front_end!(threads, ThreadPerConnection, {});
front_end!(bounded, Pool, {
    #[path = "queue.rs"]
    mod queue;
    #[path = "slow.rs"]
    mod slow;
});
front_end!(events, Events, {
    #[path = "queue.rs"]
    mod queue;
    #[path = "slow.rs"]
    mod slow;
});
