//! The program of docs/clients.md for redis-rs.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints what was taken")]

use std::env;
use std::thread::sleep;
use std::time::Duration;

use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{Commands, Connection, ConnectionAddr, RedisResult};

fn master(sentinels: &mut SentinelClient) -> RedisResult<Connection> {
    let connection = sentinels.get_client()?.get_connection_with_timeout(Duration::from_secs(1))?;
    connection.set_read_timeout(Some(Duration::from_secs(2)))?;
    Ok(connection)
}

fn main() -> RedisResult<()> {
    let host = env::var("REDIS_SENTINEL").unwrap_or_else(|_| "cache-sentinel".to_owned());
    let name = env::var("REDIS_MASTER").unwrap_or_else(|_| "cache".to_owned());
    let address = ConnectionAddr::Tcp(host, 26379);
    let mut sentinels = SentinelClientBuilder::new([address], name, SentinelServerType::Master)?;
    if let Ok(password) = env::var("REDIS_PASSWORD") {
        sentinels = sentinels.set_client_to_sentinel_password(&password).set_client_to_redis_password(&password);
    }
    let mut sentinels = sentinels.build()?;
    let mut cache = None;
    for number in 1.. {
        let written = match &mut cache {
            None => master(&mut sentinels).map(|connection| cache = Some(connection)),
            Some(connection) => connection.set("counter", number).map(|()| println!("{number}")),
        };
        if let Err(error) = written {
            eprintln!("{error}");
            cache = None;
            sleep(Duration::from_millis(100));
        }
        sleep(Duration::from_millis(10));
    }
    Ok(())
}
