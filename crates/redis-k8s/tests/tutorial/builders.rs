//! The four builders give, for each target, the object a rendering holds.

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{Pod, ReplicationController, Service};
use redis_k8s::builder::{MasterPod, RedisController, SentinelController, SentinelService};
use redis_k8s::tutorial::v1beta3;
use redis_k8s::{ApiVersion, Redis};

#[test]
fn builders_give_what_a_rendering_holds() {
    let redis = Redis::new("cache".parse().expect("a name"));
    let render = |target| redis.render(target).expect("a rendering");

    let then = render(ApiVersion::V1Beta3);
    assert_eq!(then.get::<v1beta3::Pod>("cache-master"), MasterPod::from(&redis).v1beta3().as_ref().ok());
    assert_eq!(then.get::<v1beta3::Service>("cache-sentinel"), SentinelService::from(&redis).v1beta3().as_ref().ok());
    assert_eq!(
        then.get::<v1beta3::ReplicationController>("cache"),
        RedisController::from(&redis).v1beta3().as_ref().ok()
    );
    assert_eq!(
        then.get::<v1beta3::ReplicationController>("cache-sentinel"),
        SentinelController::from(&redis).v1beta3().as_ref().ok()
    );

    let now = render(ApiVersion::V1);
    assert_eq!(now.get::<Pod>("cache-master"), MasterPod::from(&redis).v1().as_ref().ok());
    assert_eq!(now.get::<Service>("cache-sentinel"), SentinelService::from(&redis).v1().as_ref().ok());
    assert_eq!(now.get::<ReplicationController>("cache"), RedisController::from(&redis).v1().as_ref().ok());
    assert_eq!(now.get::<ReplicationController>("cache-sentinel"), SentinelController::from(&redis).v1().as_ref().ok());

    let production = render(ApiVersion::AppsV1);
    assert_eq!(production.get::<StatefulSet>("cache"), RedisController::from(&redis).apps_v1().as_ref().ok());
    assert_eq!(
        production.get::<StatefulSet>("cache-sentinel"),
        SentinelController::from(&redis).apps_v1().as_ref().ok()
    );
    assert_eq!(production.get::<Service>("cache-sentinel"), SentinelService::from(&redis).apps_v1().as_ref().ok());
}

#[test]
fn what_a_builder_is_told_reaches_every_target_and_leaves_the_document_alone() {
    let redis = Redis::new("cache".parse().expect("a name"));
    let controller = RedisController::new(&redis)
        .replicas(5)
        .namespace("shop".parse().expect("a namespace"))
        .label("team".parse().expect("a key"), "a".parse().expect("a value"));
    assert_eq!(controller.v1beta3().expect("a controller").spec.replicas, 5);
    assert_eq!(controller.v1().expect("a controller").spec.and_then(|spec| spec.replicas), Some(5));
    assert_eq!(controller.apps_v1().expect("a set").spec.and_then(|spec| spec.replicas), Some(5));
    assert_eq!(controller.v1().expect("a controller").metadata.namespace.as_deref(), Some("shop"));
    assert_eq!(controller.v1beta3().expect("a controller").metadata.labels["team"], "a");
    assert_eq!(redis, Redis::new("cache".parse().expect("a name")));
}

#[test]
fn a_builder_gives_nothing_of_a_document_that_is_wrong() {
    let mut redis = Redis::new("cache".parse().expect("a name"));
    redis.spec.auth = Some(Box::default());
    let refused = RedisController::new(&redis).apps_v1().expect_err("no Secret is named");
    assert_eq!(refused.problems, redis.check(ApiVersion::AppsV1));
    assert!(SentinelService::new(&redis).v1beta3().is_err(), "v1beta3 has no passwords");
}
