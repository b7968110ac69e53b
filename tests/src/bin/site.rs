//! The dashboard over a seeded world, as a program: see [`tests::site`].
use clap::Parser as _;
use tests::site::{self, Args};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    site::serve(Args::parse()).await
}
