//! The provider simulator as a program. See the README for its environment and its control routes.

use std::io::Write;

use madoguchi_simulator::{Options, Simulator};
use tokio::signal::{
    ctrl_c,
    unix::{SignalKind, signal},
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let simulator = Simulator::start(Options::from_environment()?).await?;
    writeln!(std::io::stdout(), "simulator: {} (customer), {0}/console", simulator.base_url)?;

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = ctrl_c() => result?,
        _ = terminate.recv() => {}
    }
    simulator.stop().await?;
    Ok(())
}
