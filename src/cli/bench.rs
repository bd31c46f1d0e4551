//! `cargo unsnarl bench`: comparisons with others, side by side in one run.

mod bugs;
mod cache;
mod engine;
mod facade;
mod meltdown;
mod programs;
mod server;

use super::Result;

/// What to compare.
#[derive(Debug, clap::Subcommand)]
pub(super) enum BenchCommand {
    /// Compares the search of unsnarl's engine with those of loom and shuttle.
    Engine(engine::EngineArgs),
    /// Counts the schedules that each strategy needs to find known bugs, beside the figures that others published.
    Bugs(bugs::BugsArgs),
    /// Measures what the facade costs beside std, parking_lot and crossbeam used directly.
    Facade(facade::FacadeArgs),
    /// Compares the server's cache with moka and quick_cache: hit ratios and operations per second.
    Cache(cache::CacheArgs),
    /// Loads the server and nginx, hyper, actix-web, may_minihttp and tiny_http side by side.
    Server(server::ServerArgs),
    /// Shows what too many threads do to a server: throughput, response time, memory, context switches.
    Meltdown(meltdown::MeltdownArgs),
}

/// Runs the command.
pub(super) fn run(command: &BenchCommand) -> Result {
    match command {
        BenchCommand::Engine(arguments) => engine::run(arguments),
        BenchCommand::Bugs(arguments) => bugs::run(arguments),
        BenchCommand::Facade(arguments) => facade::run(arguments),
        BenchCommand::Cache(arguments) => cache::run(arguments),
        BenchCommand::Server(arguments) => server::run(arguments),
        BenchCommand::Meltdown(arguments) => meltdown::run(arguments),
    }
}
