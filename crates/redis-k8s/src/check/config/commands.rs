//! The commands `rename-command` can name: a server ends at one it does not have, and at a new name that is one.
//!
//! Facts of `COMMAND LIST` and `COMMAND DOCS` of Redis 7.0 and 8.2 and Valkey 8.1 and 9.1; commands of modules cannot be renamed.

use super::directives::{NEVER, Since};
use crate::check::image::Server;

/// Those of all servers.
const COMMANDS: &str = "acl append asking auth bgrewriteaof bgsave bitcount bitfield bitfield_ro bitop bitpos blmove blmpop blpop brpop \
    brpoplpush bzmpop bzpopmax bzpopmin client cluster command config copy dbsize debug decr decrby del discard dump echo \
    eval eval_ro evalsha evalsha_ro exec exists expire expireat expiretime failover fcall fcall_ro flushall flushdb \
    function geoadd geodist geohash geopos georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch \
    geosearchstore get getbit getdel getex getrange getset hdel hello hexists hget hgetall hincrby hincrbyfloat hkeys \
    hlen hmget hmset hrandfield hscan hset hsetnx hstrlen hvals incr incrby incrbyfloat info keys lastsave latency lcs \
    lindex linsert llen lmove lmpop lolwut lpop lpos lpush lpushx lrange lrem lset ltrim memory mget migrate module \
    monitor move mset msetnx multi object persist pexpire pexpireat pexpiretime pfadd pfcount pfdebug pfmerge pfselftest \
    ping psetex psubscribe psync pttl publish pubsub punsubscribe quit randomkey readonly readwrite rename renamenx \
    replconf replicaof reset restore restore-asking role rpop rpoplpush rpush rpushx sadd save scan scard script sdiff \
    sdiffstore select set setbit setex setnx setrange shutdown sinter sintercard sinterstore sismember slaveof slowlog \
    smembers smismember smove sort sort_ro spop spublish srandmember srem sscan ssubscribe strlen subscribe substr sunion \
    sunionstore sunsubscribe swapdb sync time touch ttl type unlink unsubscribe unwatch wait watch xack xadd xautoclaim \
    xclaim xdel xgroup xinfo xlen xpending xrange xread xreadgroup xrevrange xsetid xtrim zadd zcard zcount zdiff \
    zdiffstore zincrby zinter zintercard zinterstore zlexcount zmpop zmscore zpopmax zpopmin zrandmember zrange \
    zrangebylex zrangebyscore zrangestore zrank zrem zremrangebylex zremrangebyrank zremrangebyscore zrevrange \
    zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion zunionstore";

/// Those that came later.
const LATER: &[(&str, Since)] = &[
    ("clusterscan", Since(NEVER, 91)),
    ("commandlog", Since(NEVER, 81)),
    ("delifeq", Since(NEVER, 90)),
    ("hexpire", Since(74, 90)),
    ("hexpireat", Since(74, 90)),
    ("hexpiretime", Since(74, 90)),
    ("hgetdel", Since(80, 91)),
    ("hgetex", Since(80, 90)),
    ("hpersist", Since(74, 90)),
    ("hpexpire", Since(74, 90)),
    ("hpexpireat", Since(74, 90)),
    ("hpexpiretime", Since(74, 90)),
    ("hpttl", Since(74, 90)),
    ("hsetex", Since(80, 90)),
    ("httl", Since(74, 90)),
    ("msetex", Since(84, 91)),
    ("waitaof", Since(72, 80)),
    ("xackdel", Since(82, NEVER)),
    ("xdelex", Since(82, NEVER)),
];

/// The newest releases whose commands are known.
const NEWEST: (u32, u32) = (82, 91);

/// Whether a server has a command; not known for an unknown server, or of one newer than those that were asked.
pub(super) fn has(server: Option<Server>, name: &str) -> Option<bool> {
    let name = name.to_ascii_lowercase();
    if COMMANDS.split(' ').any(|command| command == name) {
        return Some(true);
    }
    let server = server.filter(|server| server.version <= if server.is_valkey { NEWEST.1 } else { NEWEST.0 })?;
    Some(LATER.iter().any(|(command, since)| *command == name && since.is_in(server)))
}
