//! The programs are what they are said to be: as many executions as the literature counts traces, and the bugs that are
//! announced.

mod counts;
mod found;
