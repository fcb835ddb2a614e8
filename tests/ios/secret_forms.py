"""Where a router in use holds secrets, in the forms of Cisco's command references; SECRET stands for the secret."""

from __future__ import annotations

from typing import Final

SECRET_LINES: Final = tuple(
    """\
enable passwd SECRET
ip ftp password 7 SECRET
ip http client password 7 SECRET
 isis password SECRET level-2
 domain-password SECRET
 area-password SECRET authenticate snp validate
 standby version 2 authentication SECRET
 glbp 1 authentication md5 key-string SECRET
 l2tp tunnel LAB password SECRET
 digest secret 0 SECRET
 ppp chap hostname SECRET
 ppp pap sent-username site password 7 SECRET
 pre-shared-key ascii-text SECRET
 key hexadecimal SECRET
syscon address 192.0.2.1 SECRET
syscon password SECRET
snmp-server user u g v3 encrypted auth sha SECRET priv 3des SECRET
snmp-server user u g remote 192.0.2.1 v3 auth sha-2 256 SECRET
snmp-server host 192.0.2.1 vrf MGMT version 2c SECRET bgp
snmp-server community 0 SECRET view V RW
snmp mib community-map SECRET engineid 123
 cable shared-secret SECRET
 wpa-psk hex 0 SECRET
 ldap-login-password SECRET
 failover key SECRET
vpdn username lac password SECRET
 neighbor IBGP password SECRET
wlccp ap username u password 7 SECRET
ip msdp password peer 192.0.2.1 7 SECRET
mpls ldp neighbor 192.0.2.1 password 7 SECRET
  sap pmk SECRET
cts sxp default password 7 SECRET
 authentication username u password 7 SECRET realm x
 path scp://u:SECRET@192.0.2.1/x
 ftp-password SECRET
enable secret 9 SECRET
enable secret SECRET
enable password level 7 7 SECRET
username lab privilege 15 secret 5 SECRET
username lab password SECRET
username lab view netops secret 9 SECRET
username lab one-time password 0 SECRET
username lab common-criteria-policy STRONG password 0 SECRET
 password 7 SECRET
 password SECRET
crypto isakmp key SECRET address 203.0.113.9
crypto isakmp key 6 SECRET hostname far.example
crypto isakmp key SECRET address ipv6 2001:db8::1/128
 pre-shared-key address 205.251.233.121 255.255.255.255 key 6 SECRET
 pre-shared-key hostname far.example key SECRET
 pre-shared-key address 0.0.0.0 0.0.0.0 key SECRET
  pre-shared-key SECRET
  pre-shared-key 6 SECRET
  pre-shared-key local 0 SECRET
  pre-shared-key remote hex SECRET
  pre-shared-key local 6 SECRET
 authentication local pre-share key SECRET
 authentication remote pre-share key 6 SECRET
 authentication remote eap query-identity SECRET
 aaa authorization group psk list default SECRET
 identity local key-id SECRET
 match identity remote key-id SECRET
 set session-key inbound esp 256 cipher SECRET authenticator SECRET
 set session-key outbound ah 256 SECRET
crypto key config-key password-encrypt SECRET
key config-key newpass SECRET
crypto gdoi gkm SECRET
 server address ipv4 10.1.1.1 key SECRET
 enrollment url http://user:SECRET@ca.example/
 enrollment url http://ca.example/certsrv?token=SECRET
 password 7 SECRET
 subject-name CN=SECRET,O=example
 fingerprint SECRET
crypto pki authenticate SECRET
tacacs-server key 7 SECRET
tacacs-server key SECRET
tacacs-server host 10.0.0.1 key 7 SECRET
tacacs-server host 10.0.0.1 single-connection port 49 key SECRET
 key 7 SECRET
 key SECRET
radius-server key 7 SECRET
radius-server host 10.0.0.1 auth-port 1812 acct-port 1813 key 7 SECRET
radius-server host 10.0.0.1 key SECRET
 address ipv4 10.0.0.1 auth-port 1812 acct-port 1813 key SECRET
 address ipv4 10.0.0.1 key 7 SECRET
 address ipv6 2001:db8::9 key SECRET
 pac key SECRET
 pac key 7 SECRET
 server-private 10.1.1.1 auth-port 1812 acct-port 1813 key 7 SECRET
 server-private 10.1.1.1 key SECRET
 client 10.1.1.1 server-key 7 SECRET
 client 10.1.1.1 vrf MGMT server-key SECRET
 server-key 7 SECRET
 automate-tester username probe password SECRET
snmp-server community SECRET RO 10
snmp-server community SECRET view ALL RW
snmp-server host 10.1.1.1 SECRET
snmp-server host 10.1.1.1 version 2c SECRET
snmp-server host 10.1.1.1 traps version 1 SECRET config
snmp-server host 10.1.1.1 vrf MGMT informs version 3 priv SECRET
snmp-server user u g v3 auth sha SECRET priv aes 128 SECRET
snmp-server user u g remote 10.1.1.1 v3 encrypted auth md5 SECRET
snmp-server group SECRETGROUP v3 priv notify SECRET
snmp-server mib community-map SECRET engineid 80000009
snmp-server contact SECRET
snmp-server location SECRET
ntp authentication-key 1 md5 SECRET 7
ntp authentication-key 2 hmac-sha2-256 SECRET
ip ospf authentication-key 7 SECRET
 ip ospf authentication-key SECRET
 ip ospf message-digest-key 1 md5 7 SECRET
 ip ospf message-digest-key 1 md5 SECRET
 area 0 virtual-link 1.1.1.1 message-digest-key 1 md5 7 SECRET
 area 0 virtual-link 1.1.1.1 authentication-key SECRET
 area 1 sham-link 1.1.1.1 2.2.2.2 authentication-key SECRET
 ospfv3 authentication ipsec spi 256 md5 SECRET
 ospfv3 encryption ipsec spi 256 esp aes-cbc 128 SECRET sha1 SECRET
 ipv6 ospf authentication ipsec spi 500 md5 SECRET
 neighbor 10.1.1.2 password 7 SECRET
 neighbor PEERS password SECRET
 neighbor 2001:db8::1 password SECRET
  key-string 7 SECRET
  key-string SECRET
 key-string 6 SECRET
 isis password SECRET level-2
 domain-password SECRET authenticate snp validate
 area-password SECRET
 authentication key SECRET
  authentication mode hmac-sha-256 7 SECRET
 ip rip authentication key-chain SECRET
mpls ldp neighbor 10.1.1.1 password SECRET
mpls ldp password option 1 for PEERS key-chain SECRET
mpls ldp neighbor vrf A 10.1.1.1 password 7 SECRET
ip msdp password peer 10.1.1.1 7 SECRET
 ip nhrp authentication SECRET
 ipv6 nhrp authentication SECRET
 standby 1 authentication SECRET
 standby authentication SECRET
 standby 1 authentication text SECRET
 standby 1 authentication md5 key-string 7 SECRET timeout 30
 vrrp 1 authentication SECRET
 vrrp 1 authentication md5 key-string SECRET
 glbp 1 authentication text SECRET
 glbp 1 authentication md5 key-string SECRET
 tunnel key SECRET
 ppp chap password 7 SECRET
 ppp chap hostname SECRET
 ppp pap sent-username lab password 0 SECRET
 ppp eap password 7 SECRET
 l2tp tunnel password 7 SECRET
vpdn username SECRET password SECRET
 initiate-to ip 10.1.1.1 SECRET
 dialer string SECRET
 dialer password SECRET
 pppoe-client ppp-max-payload SECRET
 authentication open
 wpa-psk ascii 0 SECRET
 security wpa psk set-key ascii 0 SECRET
 encryption key 1 size 40bit 7 SECRET transmit-key
ip ftp password 7 SECRET
ip ftp password SECRET
ip ftp username SECRET
ip http client password 7 SECRET
ip http client username SECRET
ip http client proxy-server SECRET proxy-port 80
ip scp username SECRET
 path ftp://user:SECRET@10.1.1.1/x
 path scp://user:SECRET@10.1.1.1/$h-$t
 path http://10.1.1.1/SECRET
 cli copy run ftp://user:SECRET@10.1.1.1/x
boot system tftp://10.1.1.1/SECRET
boot host ftp://user:SECRET@10.1.1.1/x
event manager environment _pw SECRET
 action 1.0 cli command "SECRET"
 action 2.0 mail server "user:SECRET@10.1.1.1"
 action 3.0 http post "https://x/?k=SECRET"
 http get http://user:SECRET@10.1.1.1/
 http-raw-request SECRET
 tag SECRET probe
 owner SECRET
 key-chain SECRET
ip sla key-chain SECRET
ip sla responder auth key-chain SECRET
logging host 10.1.1.1 transport tls profile SECRET
alias exec x SECRET
privilege exec level 15 SECRET
banner motd #SECRET#
 description SECRET
 remark SECRET
 10 remark SECRET
access-list 10 remark SECRET
ip prefix-list A description SECRET
 neighbor 10.1.1.1 description SECRET
 dot1x credentials SECRET
 eap profile SECRET
 anonymous-id SECRET
 identity profile SECRET
 cts sap pmk SECRET mode-list gcm-encrypt
 macsec psk SECRET
 key 01 SECRET
 sap pmk SECRET
cts credentials id lab password 7 SECRET
 parameter-map type webauth SECRET
 user SECRET password 7 SECRET
 secret 0 SECRET
 digest secret 7 SECRET hash md5
 ldap-login SECRET
 bind authenticate root-dn cn=lab password SECRET
 credential username lab password 7 SECRET realm x
 authentication username lab password 7 SECRET
 sip-ua registrar SECRET
 passphrase SECRET
 license smart url https://x/SECRET
 license smart register idtoken SECRET force
 call-home profile SECRET
 app-hosting run-opts 1 "-e PASSWORD=SECRET"
 run-opts 1 "-e PASSWORD=SECRET"
 guest-password SECRET
 receiver ip address 10.1.1.1 50000 protocol grpc-tls SECRET
 some-new-command of-a-new-release SECRET
some-new-secret SECRET
SECRET
 SECRET
! SECRET
no enable secret SECRET
 no neighbor 10.1.1.2 password SECRET
default enable secret SECRET
""".splitlines()
)

FREE_TEXT: Final = """\
banner motd ^C
interface SECRET
hostname SECRET
^C
banner login #
router bgp 1
 neighbor SECRET peer-group
#
aaa authentication fail-message ^Cip access-list standard SECRET
interface Loopback77
 ip access-group SECRET in
^C
crypto pki certificate chain SELF
 certificate self-signed 01
  3082031D SECRET A0030201
  interface SECRET
  \tquit
crypto key pubkey-chain rsa
 named-key far.example
  key-string
   SECRET 2A864886 F70D0101
  quit
macro name SECRET
@
"""
"""Free text over several lines, in which harmless lines seem to stand."""
