"""What Kubernetes' Pod Security Standard "restricted" asks of a pod, and what we ask besides."""

from manifests import containers

HOST = ("hostNetwork", "hostPID", "hostIPC")
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
           "projected", "secret"}
SECCOMP = ("RuntimeDefault", "Localhost")


def restricted(spec):
    """One sentence a breach of the standard."""
    of_pod = spec.get("securityContext", {})
    for key in HOST:
        if spec.get(key):
            yield f"{key} is set"
    for volume in spec.get("volumes", []):
        for kind in volume.keys() - {"name"} - VOLUMES:
            yield f"volume {volume['name']} is a {kind}"
    for container in containers(spec):
        context = of_pod | container.get("securityContext", {})
        for breach in _of_container(container, context):
            yield f"container {container['name']}: {breach}"


def _of_container(container, context):
    capabilities = context.get("capabilities", {})
    if context.get("privileged"):
        yield "privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation isn't false"
    if "ALL" not in capabilities.get("drop", []):
        yield "doesn't drop ALL capabilities"
    if set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield "adds capabilities"
    if context.get("runAsNonRoot") is not True:
        yield "runAsNonRoot isn't true"
    if context.get("runAsUser") == 0:
        yield "runs as root"
    if context.get("seccompProfile", {}).get("type") not in SECCOMP:
        yield "has no seccompProfile"
    if any("hostPort" in port for port in container.get("ports", [])):
        yield "takes a port of the host"


def ours(spec):
    """One sentence a breach of what docs/kubernetes.md promises."""
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    for container in containers(spec):
        name = container["name"]
        if not container.get("securityContext", {}).get("readOnlyRootFilesystem"):
            yield f"container {name}: its root can be written to"
        if "memory" not in container.get("resources", {}).get("limits", {}):
            yield f"container {name}: no limit of memory"
        for mount in container.get("volumeMounts", []):
            if mount["name"] not in volumes:
                yield f"container {name}: volume {mount['name']} doesn't exist"
            if "subPath" in mount or "subPathExpr" in mount:
                yield f"container {name}: {mount['mountPath']} is a subPath, which stays as it was"
            if mount["name"] == "timelines-tokens" and name != "tokensyncd":
                if not mount.get("readOnly"):
                    yield f"container {name}: may write to the tokens"
        if name == "tokensyncd" and "readinessProbe" in container:
            yield "a late token would take the pod out of service"
    for name, volume in volumes.items():
        if "emptyDir" in volume and volume["emptyDir"].get("medium") != "Memory":
            yield f"volume {name} is on the node's disk"
