"""Read a lab's facts: stack outputs, the VPN connections' own configuration, and the router's private key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcastlab.aws.clients import asking, ec2_filter
from mcastlab.aws.vpn_xml import parse_stored_keys, parse_tunnels
from mcastlab.facts import Facts, SiteFacts, TunnelFacts
from mcastlab.lab.design.names import OutputKey, StackRole, site_stack_name, stack_name
from mcastlab_base.errors import RefusedError
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcastlab.aws.clients import Clients
    from mcastlab.lab.model import Lab, Site


def read_facts(clients: Clients, lab: Lab, sites: Iterable[Site]) -> Facts:
    """Return what deployment made of a lab and of some of its sites; nothing is asked about the others.

    Raises:
        RefusedError: a stack or an output is missing, or a VPN connection does not tell what a router needs.
    """
    network = _outputs(clients, stack_name(lab, StackRole.NETWORK))
    router = _outputs(clients, stack_name(lab, StackRole.ROUTER))
    hosts = _outputs(clients, stack_name(lab, StackRole.HOSTS))
    return Facts(
        router_instance_id=_output(router, OutputKey.ROUTER_INSTANCE),
        router_key_pair_id=router.get(OutputKey.ROUTER_KEY_PAIR.value),
        host_instance_ids=_host_instances(lab, _output(hosts, OutputKey.HOST_INSTANCES)),
        multicast_domain_id=_output(network, OutputKey.MULTICAST_DOMAIN),
        sites={site.name: _site_facts(clients, lab, site) for site in sites},
    )


@dataclass(frozen=True, slots=True)
class RouterAccess:
    """What a login on the AWS router needs of its stack, as `Facts` has it too."""

    router_instance_id: str
    router_key_pair_id: str | None


def read_router(clients: Clients, lab: Lab) -> RouterAccess:
    """Return what a login on the AWS router needs, whatever the rest of the lab is like.

    Raises:
        RefusedError: the router's stack is missing.
    """
    router = _outputs(clients, stack_name(lab, StackRole.ROUTER))
    return RouterAccess(_output(router, OutputKey.ROUTER_INSTANCE), router.get(OutputKey.ROUTER_KEY_PAIR.value))


def read_site_tunnels(clients: Clients, stack: str) -> dict[str, bool]:
    """Return the AWS ends of the tunnels of a site's stack, each with whether its tunnel is up.

    Nothing is needed of the lab file, which may have the site no more; a stack without a connection has no tunnels.

    Raises:
        RefusedError: AWS does not tell.
    """
    connection_id = _outputs(clients, stack).get(OutputKey.VPN_CONNECTION.value)
    if connection_id is None:
        return {}
    with asking(f"reading the tunnels of VPN connection {connection_id}"):
        wanted: Any = ec2_filter("vpn-connection-id", [connection_id])
        found = clients.ec2.describe_vpn_connections(Filters=wanted)["VpnConnections"]
        return {
            each["OutsideIpAddress"]: each["Status"] == "UP"
            for connection in found
            for each in connection.get("VgwTelemetry", ())
        }


def read_private_key(clients: Clients, key_pair_id: str) -> Secret:
    """Return a key pair's private key from where EC2 keeps it for CloudFormation.

    Source: CloudFormation user guide, AWS::EC2::KeyPair: ``/ec2/keypair/{key_pair_id}`` in Parameter Store.

    Raises:
        RefusedError: AWS does not give it.
    """
    name = f"/ec2/keypair/{key_pair_id}"
    with asking(f"reading the router's private key {name}"):
        return Secret(clients.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])


def _host_instances(lab: Lab, output: str) -> dict[str, str]:
    found = output.split(",")
    if len(found) != len(lab.host_names):
        raise RefusedError(
            f"{stack_name(lab, StackRole.HOSTS)} has {len(found)} hosts, and the lab file {len(lab.host_names)}",
            hint="deploy the lab again, so that the stack follows the lab file",
        )
    return dict(zip(lab.host_names, found, strict=True))


def _site_facts(clients: Clients, lab: Lab, site: Site) -> SiteFacts:
    connection_id = _output(_outputs(clients, site_stack_name(lab, site.name)), OutputKey.VPN_CONNECTION)
    doing = f"reading VPN connection {connection_id}"
    with asking(doing):
        found = clients.ec2.describe_vpn_connections(VpnConnectionIds=[connection_id])["VpnConnections"]
        text = found[0].get("CustomerGatewayConfiguration") if found else None
        arn = found[0].get("PreSharedKeyArn") if found else None
    if not text:
        raise RefusedError(f"{doing}: AWS tells no customer gateway configuration", hint="is the connection available?")
    tunnels = parse_tunnels(text, connection_id, stored=_stored_keys(clients, connection_id, arn) if arn else None)
    return SiteFacts(
        vpn_connection_id=connection_id,
        tunnels=tuple(_of_inside_cidr(tunnels, site, index, connection_id) for index in range(len(site.tunnels))),
    )


def _stored_keys(clients: Clients, connection_id: str, arn: str) -> dict[str, Secret]:
    """Return the keys of a connection that keeps them in Secrets Manager."""
    with asking(f"reading the keys of VPN connection {connection_id} from Secrets Manager"):
        found = clients.secrets_manager.get_secret_value(SecretId=arn)
    return parse_stored_keys(found.get("SecretString", ""), connection_id)


def _of_inside_cidr(tunnels: tuple[TunnelFacts, ...], site: Site, index: int, connection_id: str) -> TunnelFacts:
    """Return the tunnel whose inside CIDR is the lab file's: their order is not promised."""
    wanted = site.tunnels[index]
    for tunnel in tunnels:
        if tunnel.customer_address.network == wanted:
            return tunnel
    raise RefusedError(
        f"VPN connection {connection_id} has no tunnel with the inside CIDR {wanted} of site {site.name}",
        hint="deploy the lab file again, so that the connection follows it",
    )


def _outputs(clients: Clients, stack: str) -> Mapping[str, str]:
    with asking(f"reading the outputs of stack {stack}"):
        found = clients.cloudformation.describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found[0].get("Outputs", [])}


def _output(outputs: Mapping[str, str], key: OutputKey) -> str:
    value = outputs.get(key.value)
    if value is None:
        raise RefusedError(f"a stack of the lab has no output {key.value}", hint="deploy the lab again")
    return value
