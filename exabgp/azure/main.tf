# Both regions of the pattern, each with a hub, a Route Server and two NVAs that announce one anycast address.
#
# NOT DEPLOYED: its syntax was parsed (python-hcl2, Terraform's fmt), and its resources and attributes were held against those of azurerm's
# bindings (cdktn-provider-azurerm 18.9); neither the provider itself nor Azure has seen it.
#
# 1. The Route Servers, in 30 to 60 minutes: terraform apply -target=azurerm_route_server.this; terraform output route_servers
# 2. With those addresses, one user-data for each NVA (haproxy-rhi-azure(7), TWO NVAS A REGION, has all flags), in this folder,
#    beside main.tf, as nva-REGION-NUMBER.yaml: REGION is the key in var.regions, NUMBER counts its addresses from 0.
#      haproxy-rhi init --cloud-init nva-ne-0.yaml --address 172.16.156.70 --same-region 172.16.156.71 ...
# 3. The secondary region's VMs first, where its user-data is all that is there yet:
#      terraform apply -target='azurerm_linux_virtual_machine.nva["we-0"]' -target='azurerm_linux_virtual_machine.nva["we-1"]' \
#        -target=azurerm_route_server_bgp_connection.nva -target=azurerm_virtual_network_peering.hub
#    then all: terraform apply. A VM keeps the user-data that it was made with: another one makes another VM.
#
# Regions and addresses of your own: var.regions, any number of them, by names of your own.

terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }
  }
}

provider "azurerm" {
  features {}
  # The provider wants it since 4.0.
  subscription_id = var.subscription
}

# az account show --query id -o tsv
variable "subscription" {
  type = string
}

variable "resource_group" {
  type = string
}

variable "ssh_key" {
  type = string
}

# The ID of an image of Debian 12 or 13, in both regions, that has the package's file (init --package) or a repository with it.
variable "image" {
  type = string
}

variable "anycast" {
  type    = string
  default = "9.9.9.9/32"
}

variable "clients" {
  type    = list(string)
  default = ["10.0.0.0/8", "172.16.0.0/12"]
}

variable "asn" {
  type    = number
  default = 65010
}

variable "regions" {
  type = map(object({
    location     = string
    space        = string
    nvas         = string
    route_server = string
    addresses    = list(string)
  }))
  default = {
    ne = {
      location     = "northeurope"
      space        = "172.16.144.0/20"
      nvas         = "172.16.156.64/26"
      route_server = "172.16.159.0/24"
      addresses    = ["172.16.156.70", "172.16.156.71"]
    }
    we = {
      location     = "westeurope"
      space        = "172.16.128.0/20"
      nvas         = "172.16.136.64/26"
      route_server = "172.16.139.0/24"
      addresses    = ["172.16.136.70", "172.16.136.71"]
    }
  }
}

locals {
  nvas = merge([
    for name, region in var.regions : {
      for index, address in region.addresses :
      "${name}-${index}" => { region = name, index = index, address = address, location = region.location }
    }
  ]...)

  # Each hub with each other one, both ways.
  peerings = merge([
    for from in keys(var.regions) : {
      for to in keys(var.regions) :
      "${from}-${to}" => { from = from, to = to } if from != to
    }
  ]...)
}

data "azurerm_resource_group" "this" {
  name = var.resource_group
}

resource "azurerm_virtual_network" "hub" {
  for_each            = var.regions
  name                = "${each.key}-hub"
  resource_group_name = var.resource_group
  location            = each.value.location
  address_space       = [each.value.space]
}

resource "azurerm_subnet" "nva" {
  for_each             = var.regions
  name                 = "nva"
  resource_group_name  = var.resource_group
  virtual_network_name = azurerm_virtual_network.hub[each.key].name
  address_prefixes     = [each.value.nvas]
}

# /26 or larger; no NSG, no route table, no service endpoint policy.
resource "azurerm_subnet" "route_server" {
  for_each             = var.regions
  name                 = "RouteServerSubnet"
  resource_group_name  = var.resource_group
  virtual_network_name = azurerm_virtual_network.hub[each.key].name
  address_prefixes     = [each.value.route_server]
}

# The NVAs' way out, to Debian's archive and management.azure.com: a new VNet has none.
resource "azurerm_public_ip" "nat" {
  for_each            = var.regions
  name                = "${each.key}-nat"
  resource_group_name = var.resource_group
  location            = each.value.location
  sku                 = "Standard"
  allocation_method   = "Static"
}

resource "azurerm_nat_gateway" "nva" {
  for_each            = var.regions
  name                = "${each.key}-nat"
  resource_group_name = var.resource_group
  location            = each.value.location
  sku_name            = "Standard"
}

resource "azurerm_nat_gateway_public_ip_association" "nva" {
  for_each             = var.regions
  nat_gateway_id       = azurerm_nat_gateway.nva[each.key].id
  public_ip_address_id = azurerm_public_ip.nat[each.key].id
}

resource "azurerm_subnet_nat_gateway_association" "nva" {
  for_each       = var.regions
  subnet_id      = azurerm_subnet.nva[each.key].id
  nat_gateway_id = azurerm_nat_gateway.nva[each.key].id
}

resource "azurerm_public_ip" "route_server" {
  for_each            = var.regions
  name                = "${each.key}-rs"
  resource_group_name = var.resource_group
  location            = each.value.location
  sku                 = "Standard"
  allocation_method   = "Static"
}

resource "azurerm_route_server" "this" {
  for_each             = var.regions
  name                 = "${each.key}-rs"
  resource_group_name  = var.resource_group
  location             = each.value.location
  sku                  = "Standard"
  public_ip_address_id = azurerm_public_ip.route_server[each.key].id
  subnet_id            = azurerm_subnet.route_server[each.key].id
  # Without it ExpressRoute and VPN gateways learn nothing of the NVAs'.
  branch_to_branch_traffic_enabled = true
}

resource "azurerm_route_server_bgp_connection" "nva" {
  for_each        = local.nvas
  name            = "nva-${each.value.index}"
  route_server_id = azurerm_route_server.this[each.value.region].id
  peer_asn        = var.asn
  peer_ip         = each.value.address
}

resource "azurerm_network_security_group" "nva" {
  for_each            = var.regions
  name                = "${each.key}-nva"
  resource_group_name = var.resource_group
  location            = each.value.location

  security_rule {
    name                    = "clients"
    priority                = 100
    direction               = "Inbound"
    access                  = "Allow"
    protocol                = "Tcp"
    source_address_prefixes = var.clients
    source_port_range       = "*"
    # The service tag VirtualNetwork may not cover it.
    destination_address_prefix = var.anycast
    destination_port_range     = "80"
  }

  security_rule {
    name                         = "siblings"
    priority                     = 110
    direction                    = "Inbound"
    access                       = "Allow"
    protocol                     = "Tcp"
    source_address_prefixes      = flatten([for region in var.regions : region.addresses])
    source_port_range            = "*"
    destination_address_prefixes = each.value.addresses
    destination_port_ranges      = ["80", "8080"]
  }

  security_rule {
    name                         = "route-server"
    priority                     = 120
    direction                    = "Inbound"
    access                       = "Allow"
    protocol                     = "Tcp"
    source_address_prefix        = each.value.route_server
    source_port_range            = "*"
    destination_address_prefixes = each.value.addresses
    destination_port_range       = "179"
  }
}

resource "azurerm_subnet_network_security_group_association" "nva" {
  for_each                  = var.regions
  subnet_id                 = azurerm_subnet.nva[each.key].id
  network_security_group_id = azurerm_network_security_group.nva[each.key].id
}

resource "azurerm_network_interface" "nva" {
  for_each            = local.nvas
  name                = "nva-${each.key}"
  resource_group_name = var.resource_group
  location            = each.value.location
  # Packets for the anycast address reach the VM with it only.
  ip_forwarding_enabled          = true
  accelerated_networking_enabled = true

  ip_configuration {
    name                          = "default"
    subnet_id                     = azurerm_subnet.nva[each.value.region].id
    private_ip_address_allocation = "Static"
    private_ip_address            = each.value.address
  }
}

resource "azurerm_linux_virtual_machine" "nva" {
  for_each              = local.nvas
  name                  = "nva-${each.key}"
  resource_group_name   = var.resource_group
  location              = each.value.location
  size                  = "Standard_D2s_v5"
  zone                  = tostring(each.value.index + 1)
  admin_username        = "netops"
  network_interface_ids = [azurerm_network_interface.nva[each.key].id]
  source_image_id       = var.image
  custom_data           = filebase64("${path.module}/nva-${each.key}.yaml")

  admin_ssh_key {
    username   = "netops"
    public_key = var.ssh_key
  }

  identity {
    type = "SystemAssigned"
  }

  # Its first boot installs packages.
  depends_on = [
    azurerm_nat_gateway_public_ip_association.nva,
    azurerm_subnet_nat_gateway_association.nva,
    azurerm_subnet_network_security_group_association.nva,
  ]

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Premium_LRS"
  }
}

# What 'haproxy-rhi verify --azure' takes. Where Azure refuses operationResults, which belong to the subscription, assign it there.
resource "azurerm_role_definition" "verify" {
  name  = "haproxy-rhi verify"
  scope = data.azurerm_resource_group.this.id

  permissions {
    actions = [
      "Microsoft.Network/virtualHubs/read",
      "Microsoft.Network/virtualHubs/bgpConnections/read",
      "Microsoft.Network/virtualHubs/bgpConnections/learnedRoutes/action",
      "Microsoft.Network/locations/operationResults/read",
      "Microsoft.Network/locations/operations/read",
    ]
  }
}

resource "azurerm_role_assignment" "verify" {
  for_each           = local.nvas
  scope              = data.azurerm_resource_group.this.id
  role_definition_id = azurerm_role_definition.verify.role_definition_resource_id
  principal_id       = azurerm_linux_virtual_machine.nva[each.key].identity[0].principal_id
}

# The NVAs of one region ask those of the other for /health, and are HAProxy's backup for it.
resource "azurerm_virtual_network_peering" "hub" {
  for_each                  = local.peerings
  name                      = "to-${each.value.to}"
  resource_group_name       = var.resource_group
  virtual_network_name      = azurerm_virtual_network.hub[each.value.from].name
  remote_virtual_network_id = azurerm_virtual_network.hub[each.value.to].id
  allow_forwarded_traffic   = true
}

output "route_servers" {
  value = { for name, server in azurerm_route_server.this : name => server.virtual_router_ips }
}
