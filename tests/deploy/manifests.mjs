// manifests.mjs DIR: checks the Kubernetes manifests in a directory, and that the check can fail.
//
// Three looks at each object, since each sees what the others don't: its JSON schema (types, required
// fields, formats), its TypeScript type (unknown fields, closed enums) and rules of our own (below).
// Then the same on objects that are broken on purpose, every one of which must be caught.
// Runs in the directory that node_modules is in. Exit code: 0 fine, 1 findings.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

const PACKAGES = {
  v1: "kubernetes-models/v1",
  "apps/v1": "kubernetes-models/apps/v1",
  "monitoring.coreos.com/v1": "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1",
};

function load(directory) {
  const objects = [];
  for (const name of readdirSync(directory).filter((n) => n.endsWith(".yaml")).sort()) {
    if (name === "kustomization.yaml") continue;
    for (const document of parseAllDocuments(readFileSync(join(directory, name), "utf8"))) {
      if (document.errors.length) throw new Error(`${name}: ${document.errors[0]}`);
      objects.push({ place: `${name}: ${document.get("kind")}`, value: document.toJS() });
    }
  }
  return objects;
}

async function bySchema(value) {
  const module = PACKAGES[value.apiVersion];
  if (!module) return [`no schema for ${value.apiVersion}`];
  const Model = (await import(module))[value.kind];
  if (!Model) return [`no schema for ${value.kind}`];
  try {
    new Model(value).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

// One TypeScript file for all objects; the findings of each by its lines.
function byType(values) {
  const imports = new Map();
  const body = [];
  const ranges = [];
  values.forEach((value, i) => {
    const module = PACKAGES[value.apiVersion] ?? PACKAGES.v1;
    if (!imports.has(module)) imports.set(module, new Set());
    imports.get(module).add(value.kind);
    const lines = `const o${i}: I${value.kind} = ${JSON.stringify(value, null, 1)};`.split("\n");
    ranges.push([body.length, body.length + lines.length]);
    body.push(...lines);
  });
  const head = [...imports].map(
    ([module, kinds]) => `import type { ${[...kinds].map((k) => `I${k}`).join(", ")} } from "${module}";`);
  writeFileSync("objects.ts", [...head, ...body, ""].join("\n"));
  let output = "";
  try {
    execFileSync("node_modules/.bin/tsc", ["--noEmit", "--strict", "--skipLibCheck", "--module",
      "nodenext", "--target", "es2022", "objects.ts"], { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    output = error.stdout + error.stderr;
  }
  const found = values.map(() => []);
  for (const line of output.split("\n").filter((l) => l.includes("error"))) {
    const at = /^objects\.ts[(:](\d+)/.exec(line);
    const row = at ? Number(at[1]) - 1 - head.length : -1;
    const index = ranges.findIndex(([from, to]) => row >= from && row < to);
    if (index < 0) throw new Error(`tsc: ${line}`);
    found[index].push(line);
  }
  return found;
}

// What no schema knows.
function byOurRules(value) {
  const wrong = [];
  const expect = (condition, text) => condition || wrong.push(text);
  const name = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
  expect(name.test(value.metadata?.name ?? ""), "metadata.name is no DNS name");
  const pod = value.spec?.template?.spec;
  if (!pod) return wrong;
  const sidecars = pod.initContainers ?? [];
  const sidecar = sidecars.find((c) => c.name === "pillion");
  expect(sidecar, "there is no init container pillion");
  expect(pod.securityContext?.runAsNonRoot === true, "the pod may run as root");
  expect(pod.securityContext?.seccompProfile?.type === "RuntimeDefault", "no seccomp profile");
  for (const container of [...sidecars, ...pod.containers]) {
    const context = container.securityContext ?? {};
    expect(context.runAsUser > 0, `${container.name}: runAsUser must be a number above 0`);
    expect(context.allowPrivilegeEscalation === false, `${container.name}: may gain privileges`);
    expect(context.capabilities?.drop?.includes("ALL"), `${container.name}: keeps capabilities`);
    expect(context.readOnlyRootFilesystem === true, `${container.name}: may write to its image`);
    expect(container.resources?.limits?.memory, `${container.name}: no memory limit`);
    for (const mount of container.volumeMounts ?? []) {
      const templates = value.spec.volumeClaimTemplates ?? [];
      const known = [...pod.volumes.map((v) => v.name), ...templates.map((t) => t.metadata.name)];
      expect(known.includes(mount.name), `${container.name}: no volume ${mount.name}`);
      const readOnlyAbove = container.volumeMounts.some(
        (other) => other.readOnly && mount.mountPath.startsWith(`${other.mountPath}/`));
      expect(!readOnlyAbove, `${container.name}: ${mount.mountPath} lies in a read-only volume`);
    }
  }
  if (sidecar) {
    expect(sidecar.restartPolicy === "Always", "the sidecar's restartPolicy must be exactly Always");
    expect(!sidecar.readinessProbe, "the sidecar's readiness would count for the whole pod");
    const health = sidecar.ports?.find((p) => p.name === "pillion-health")?.containerPort;
    for (const probe of ["startupProbe", "livenessProbe"]) {
      const get = sidecar[probe]?.httpGet;
      expect(get?.path === "/-/healthy", `the sidecar's ${probe} must ask /-/healthy`);
      expect(get?.port === health, `the sidecar's ${probe} must ask the health port by number`);
    }
  }
  for (const volume of pod.volumes ?? []) {
    const mode = volume.secret?.defaultMode;
    expect(!volume.secret || mode === 0o440 || mode === 0o400, `${volume.name}: a secret for all`);
  }
  return wrong;
}

// What must agree between objects.
function acrossObjects(objects) {
  const wrong = [];
  const of = (kind) => objects.map((o) => o.value).filter((v) => v.kind === kind);
  const pod = of("StatefulSet")[0].spec.template;
  const ports = pod.spec.initContainers[0].ports;
  const toml = of("ConfigMap")[0].data["pillion.toml"];
  for (const [key, name] of [["listen", "metrics"], ["health_listen", "pillion-health"]]) {
    const port = ports.find((p) => p.name === name)?.containerPort;
    if (!new RegExp(`^${key} = .*:${port}"`, "m").test(toml)) wrong.push(`${key} is not port ${port}`);
  }
  for (const monitor of of("PodMonitor")) {
    for (const [label, text] of Object.entries(monitor.spec.selector.matchLabels)) {
      if (pod.metadata.labels[label] !== text) wrong.push(`PodMonitor selects ${label}=${text}`);
    }
    for (const endpoint of monitor.spec.podMetricsEndpoints) {
      if (!ports.some((p) => p.name === endpoint.port)) wrong.push(`no port ${endpoint.port}`);
    }
  }
  const mounted = pod.spec.initContainers[0].volumeMounts.map((m) => m.mountPath);
  for (const [, file] of toml.matchAll(/\$\{file:([^}]+)\}/g)) {
    if (!mounted.some((path) => file.startsWith(`${path}/`))) wrong.push(`${file} is not mounted`);
  }
  return wrong;
}

const sidecarOf = (o) => o.spec.template.spec.initContainers[0];
const BROKEN = [
  ["StatefulSet", "restartPolicy Allways", (o) => { sidecarOf(o).restartPolicy = "Allways"; }],
  ["StatefulSet", "restartPolicies", (o) => { sidecarOf(o).restartPolicies = "Always"; }],
  ["StatefulSet", "startProbe", (o) => { sidecarOf(o).startProbe = { httpGet: { port: 1 } }; }],
  ["StatefulSet", "readonlyRootFilesystem", (o) => { sidecarOf(o).securityContext.readonlyRootFilesystem = true; }],
  ["StatefulSet", "a probe without a port", (o) => { delete sidecarOf(o).livenessProbe.httpGet.port; }],
  ["StatefulSet", "a probe of /metrics", (o) => { sidecarOf(o).livenessProbe.httpGet.path = "/metrics"; }],
  ["StatefulSet", "a readiness probe", (o) => { sidecarOf(o).readinessProbe = sidecarOf(o).livenessProbe; }],
  ["StatefulSet", "a port that is text", (o) => { sidecarOf(o).ports[0].containerPort = "9970"; }],
  ["StatefulSet", "cpu 10q", (o) => { sidecarOf(o).resources.requests.cpu = "10q"; }],
  ["StatefulSet", "an unknown seccomp profile", (o) => { o.spec.template.spec.securityContext.seccompProfile.type = "RuntimeDefaulted"; }],
  ["StatefulSet", "root", (o) => { sidecarOf(o).securityContext.runAsUser = 0; }],
  ["StatefulSet", "matchLabel", (o) => { o.spec.selector = { matchLabel: {} }; }],
  ["StatefulSet", "a volume that is not there", (o) => { sidecarOf(o).volumeMounts[0].name = "sock"; }],
  ["StatefulSet", "a mount in a read-only mount", (o) => { sidecarOf(o).volumeMounts[2].mountPath = "/etc/pillion/secrets"; }],
  ["StatefulSet", "medum", (o) => { o.spec.template.spec.volumes[0].emptyDir = { medum: "Memory" }; }],
  ["Secret", "a name that is none", (o) => { o.metadata.name = "Passwords!"; }],
  ["Service", "a port without number", (o) => { delete o.spec.ports[0].port; }],
  ["ConfigMap", "data that is no text", (o) => { o.data.number = 1; }],
  ["PodMonitor", "scrapeTimout", (o) => { o.spec.podMetricsEndpoints[0].scrapeTimout = "1s"; }],
  ["PodMonitor", "an interval that is none", (o) => { o.spec.podMetricsEndpoints[0].interval = "often"; }],
];

async function findings(values) {
  const types = byType(values);
  return Promise.all(values.map(
    async (value, i) => [...(await bySchema(value)), ...types[i], ...byOurRules(value)]));
}

const directory = process.argv[2];
const objects = load(directory);
let bad = 0;
const say = (text) => { console.log(text); bad += 1; };

(await findings(objects.map((o) => o.value))).forEach(
  (found, i) => found.forEach((text) => say(`${objects[i].place}: ${text}`)));
acrossObjects(objects).forEach((text) => say(text));

const kustomization = parseAllDocuments(readFileSync(join(directory, "kustomization.yaml"), "utf8"))[0].toJS();
kustomization.resources.filter((name) => !existsSync(join(directory, name))).forEach(
  (name) => say(`kustomization.yaml: there is no ${name}`));

const broken = BROKEN.map(([kind, , change]) => {
  const copy = structuredClone(objects.find((o) => o.value.kind === kind).value);
  change(copy);
  return copy;
});
(await findings(broken)).forEach(
  (found, i) => found.length || say(`not noticed in a ${BROKEN[i][0]}: ${BROKEN[i][1]}`));

writeFileSync("pillion.toml", objects.find((o) => o.value.kind === "ConfigMap").value.data["pillion.toml"]);
console.log(`${objects.length} objects, ${BROKEN.length} broken ones, ${bad} findings`);
process.exit(bad ? 1 : 0);
