// One region: a hub with its Route Server, two NVAs that are its neighbors, and what they need.
// NOT DEPLOYED: see main.bicep, which has it as a module.

param region string
param location string
param space string
param nvaPrefix string
param routeServerPrefix string
param addresses array
// Those of all regions.
param nvas array
param anycast string
param clients array
param asn int
param userData array
param sshKey string
param image string
param roleId string

resource nsg 'Microsoft.Network/networkSecurityGroups@2023-09-01' = {
  name: '${region}-nva'
  location: location
  properties: {
    securityRules: [
      {
        name: 'clients'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefixes: clients
          sourcePortRange: '*'
          // The service tag VirtualNetwork may not cover it.
          destinationAddressPrefix: anycast
          destinationPortRange: '80'
        }
      }
      {
        name: 'siblings'
        properties: {
          priority: 110
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefixes: nvas
          sourcePortRange: '*'
          destinationAddressPrefixes: addresses
          destinationPortRanges: [
            '80'
            '8080'
          ]
        }
      }
      {
        name: 'route-server'
        properties: {
          priority: 120
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: routeServerPrefix
          sourcePortRange: '*'
          destinationAddressPrefixes: addresses
          destinationPortRange: '179'
        }
      }
    ]
  }
}

// The NVAs' way out, to Debian's archive and management.azure.com: a new VNet has none.
resource wayOutIp 'Microsoft.Network/publicIPAddresses@2023-09-01' = {
  name: '${region}-nat'
  location: location
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
  }
}

resource wayOut 'Microsoft.Network/natGateways@2023-09-01' = {
  name: '${region}-nat'
  location: location
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIpAddresses: [
      {
        id: wayOutIp.id
      }
    ]
  }
}

resource hub 'Microsoft.Network/virtualNetworks@2023-09-01' = {
  name: '${region}-hub'
  location: location
  properties: {
    addressSpace: {
      addressPrefixes: [
        space
      ]
    }
    subnets: [
      {
        name: 'nva'
        properties: {
          addressPrefix: nvaPrefix
          networkSecurityGroup: {
            id: nsg.id
          }
          natGateway: {
            id: wayOut.id
          }
        }
      }
      {
        // /26 or larger; no NSG, no route table, no service endpoint policy.
        name: 'RouteServerSubnet'
        properties: {
          addressPrefix: routeServerPrefix
        }
      }
    ]
  }
}

resource routeServerIp 'Microsoft.Network/publicIPAddresses@2023-09-01' = {
  name: '${region}-rs'
  location: location
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
  }
}

resource routeServer 'Microsoft.Network/virtualHubs@2023-09-01' = {
  name: '${region}-rs'
  location: location
  properties: {
    sku: 'Standard'
    // Without it ExpressRoute and VPN gateways learn nothing of the NVAs'.
    allowBranchToBranchTraffic: true
  }
}

resource routeServerPlace 'Microsoft.Network/virtualHubs/ipConfigurations@2023-09-01' = {
  parent: routeServer
  name: 'default'
  properties: {
    subnet: {
      id: '${hub.id}/subnets/RouteServerSubnet'
    }
    publicIPAddress: {
      id: routeServerIp.id
    }
  }
}

// One at a time: another operation on the Route Server is refused.
@batchSize(1)
resource peering 'Microsoft.Network/virtualHubs/bgpConnections@2023-09-01' = [for (address, index) in addresses: {
  parent: routeServer
  name: 'nva-${index}'
  properties: {
    peerIp: address
    peerAsn: asn
  }
  dependsOn: [
    routeServerPlace
  ]
}]

resource nic 'Microsoft.Network/networkInterfaces@2023-09-01' = [for (address, index) in addresses: {
  name: '${region}-nva-${index}'
  location: location
  properties: {
    // Packets for the anycast address reach the VM with it only.
    enableIPForwarding: true
    enableAcceleratedNetworking: true
    ipConfigurations: [
      {
        name: 'default'
        properties: {
          subnet: {
            id: '${hub.id}/subnets/nva'
          }
          privateIPAllocationMethod: 'Static'
          privateIPAddress: address
        }
      }
    ]
  }
}]

resource vm 'Microsoft.Compute/virtualMachines@2023-09-01' = [for (data, index) in userData: {
  name: '${region}-nva-${index}'
  location: location
  identity: {
    type: 'SystemAssigned'
  }
  // Not both in one failure.
  zones: [
    string(index + 1)
  ]
  properties: {
    hardwareProfile: {
      vmSize: 'Standard_D2s_v5'
    }
    osProfile: {
      computerName: '${region}-nva-${index}'
      adminUsername: 'netops'
      customData: base64(data)
      linuxConfiguration: {
        disablePasswordAuthentication: true
        ssh: {
          publicKeys: [
            {
              path: '/home/netops/.ssh/authorized_keys'
              keyData: sshKey
            }
          ]
        }
      }
    }
    storageProfile: {
      imageReference: {
        id: image
      }
      osDisk: {
        createOption: 'FromImage'
      }
    }
    networkProfile: {
      networkInterfaces: [
        {
          id: nic[index].id
        }
      ]
    }
  }
}]

// What 'haproxy-rhi verify --azure' may.
resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (data, index) in userData: {
  name: guid(resourceGroup().id, region, string(index), roleId)
  properties: {
    roleDefinitionId: roleId
    principalId: vm[index].identity.principalId
    principalType: 'ServicePrincipal'
  }
}]

output hubId string = hub.id
output hubName string = hub.name
output routeServerIps array = routeServer.properties.virtualRouterIps
