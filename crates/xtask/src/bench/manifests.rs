//! Manifests as `validate` meets them: small objects of three kinds, sets, what this tool renders, and a `List` of JSON in one line.

use std::fmt::Write;
use std::path::PathBuf;

use redis_k8s::ApiVersion;
use redis_k8s::model::Redis;

use crate::repository;

/// A file of objects.
pub(crate) struct Objects {
    pub(crate) name: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) count: u32,
    pub(crate) bytes: usize,
}

/// Writes the files: `count` small objects, a tenth of it of sets, a hundredth of it of instances.
pub(crate) fn write(count: u32) -> Result<Vec<Objects>, Box<dyn std::error::Error>> {
    let stream = |count: u32, object: fn(u32) -> String| {
        (0..count).fold(String::new(), |text, number| text + "---\n" + &object(number))
    };
    let mut list = String::from(r#"{"apiVersion":"v1","kind":"List","items":["#);
    for number in 0..count {
        let comma = if number == 0 { "" } else { "," };
        write!(
            list,
            r#"{comma}{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"a-{number}","labels":{{"app":"a"}}}},"data":{{"key":"value {number}"}}}}"#
        )?;
    }
    list.push_str("]}\n");
    let directory = repository().join("target/bench");
    std::fs::create_dir_all(&directory)?;
    let (rendered, objects) = renderings(count / 100)?;
    [
        ("small objects", "small.yaml", count, stream(count, small)),
        ("StatefulSets", "sets.yaml", count / 10, stream(count / 10, set)),
        ("renderings of this tool", "renderings.yaml", objects, rendered),
        ("a `List` of JSON in one line", "list.json", count, list),
    ]
    .into_iter()
    .map(|(name, file, count, text)| {
        let path = directory.join(file);
        std::fs::write(&path, &text)?;
        Ok(Objects { name, path, count, bytes: text.len() })
    })
    .collect()
}

/// So many instances, and of how many objects they are.
fn renderings(count: u32) -> Result<(String, u32), Box<dyn std::error::Error>> {
    let (mut text, mut objects) = (String::new(), 0);
    for number in 0..count {
        let manifest = Redis::new(format!("cache-{number}").parse()?).checked(ApiVersion::AppsV1)?.manifest();
        manifest.write_yaml(&mut text);
        objects += u32::try_from(manifest.len())?;
    }
    Ok((text, objects))
}

/// A ConfigMap, a Service or a ServiceAccount.
fn small(number: u32) -> String {
    let metadata = format!("metadata:\n  name: a-{number}\n  namespace: shop\n  labels:\n    app: a-{number}\n");
    match number % 3 {
        0 => {
            format!("apiVersion: v1\nkind: ConfigMap\n{metadata}data:\n  key: value {number}\n  other: \"{number}\"\n")
        }
        1 => format!(
            "apiVersion: v1\nkind: Service\n{metadata}spec:\n  selector:\n    app: a-{number}\n  ports:\n    - name: http\n      \
             port: 80\n      targetPort: 8080\n"
        ),
        _ => format!("apiVersion: v1\nkind: ServiceAccount\n{metadata}automountServiceAccountToken: false\n"),
    }
}

/// A set of some 5 KB: three containers with scripts, probes, resources and a claim.
fn set(number: u32) -> String {
    let labels = format!("app.kubernetes.io/name: web, app.kubernetes.io/instance: web-{number}");
    let script = "              echo 'a line of a script that runs in the pod' && sleep 1 || exit 1\n".repeat(12);
    let container = |place: u32| {
        format!(
            "        - name: c{place}
          image: example.com/app:{number}
          command: [\"/bin/sh\", \"-c\"]
          args:
            - |
{script}          env:
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
          ports:
            - name: http-{place}
              containerPort: 80{place}0
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi
          readinessProbe:
            httpGet:
              path: /ready
              port: http-{place}
            periodSeconds: 5
          volumeMounts:
            - name: data
              mountPath: /data
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop: [\"ALL\"]
"
        )
    };
    let containers: String = (0..3).map(container).collect();
    format!(
        "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: web-{number}
  labels: {{{labels}}}
spec:
  serviceName: web-{number}
  replicas: 3
  selector:
    matchLabels: {{{labels}}}
  template:
    metadata:
      labels: {{{labels}}}
    spec:
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
{containers}  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [\"ReadWriteOnce\"]
        resources:
          requests:
            storage: 8Gi
"
    )
}
