//! The same job by what a user would pick instead: take a LINE webhook, check its signature, queue its
//! events, answer 200.
//!
//! Everybody proves first that they do the job; then they take turns, each turn a fresh process.

mod contestant;
mod proof;
mod stand_in;
mod summary;
mod turn;
mod webhook;

use anyhow::Context as _;
use contestant::{Contestant, Lineup};
use stand_in::StandIn;
use turn::Turn;

use crate::{Options, Section};

/// Measures all contestants in turn.
pub async fn run(options: &Options) -> anyhow::Result<Section> {
    let aws = StandIn::start().await?;
    let lineup = Lineup::read(options.functions_folder()?, options.peers_path()?, &aws)?;
    for contestant in &lineup.contestants {
        let proof = proof::prove(contestant, &aws).await;
        proof.with_context(|| format!("{} does not do the job", contestant.label))?;
    }
    let mut rounds = Vec::with_capacity(options.rounds);
    for _ in 0..options.rounds {
        rounds.push(round(&lineup.contestants, &aws).await?);
    }
    Ok(summary::section(&lineup, &rounds))
}

/// One turn of each, in the order of the contestants.
async fn round(contestants: &[Contestant], aws: &StandIn) -> anyhow::Result<Vec<Turn>> {
    let mut turns = Vec::with_capacity(contestants.len());
    for contestant in contestants {
        let turn = turn::measure(contestant, aws).await;
        turns.push(turn.with_context(|| format!("a turn of {}", contestant.label))?);
    }
    Ok(turns)
}
