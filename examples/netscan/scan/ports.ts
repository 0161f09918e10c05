/** Which TCP ports to look at, and what usually listens on them. */
import { quote, UsageError } from '../usage-error.ts'

export const highestPort = 65_535

/** Usual services by port, the likeliest to be open first: a scan of this list finds most of what a home or office network runs. */
const usualServices = new Map<number, string>([
  [80, 'http'],
  [443, 'https'],
  [22, 'ssh'],
  [445, 'smb'],
  [53, 'domain'],
  [8080, 'http-alt'],
  [3389, 'rdp'],
  [139, 'netbios-ssn'],
  [5000, 'upnp'],
  [631, 'ipp'],
  [8443, 'https-alt'],
  [21, 'ftp'],
  [23, 'telnet'],
  [25, 'smtp'],
  [135, 'msrpc'],
  [5900, 'vnc'],
  [3000, 'http-dev'],
  [8000, 'http-alt'],
  [9100, 'jetdirect'],
  [515, 'printer'],
  [5432, 'postgresql'],
  [3306, 'mysql'],
  [6379, 'redis'],
  [27017, 'mongodb'],
  [1883, 'mqtt'],
  [8883, 'mqtts'],
  [554, 'rtsp'],
  [548, 'afp'],
  [2049, 'nfs'],
  [111, 'rpcbind'],
  [993, 'imaps'],
  [143, 'imap'],
  [587, 'submission'],
  [465, 'submissions'],
  [110, 'pop3'],
  [995, 'pop3s'],
  [389, 'ldap'],
  [636, 'ldaps'],
  [88, 'kerberos'],
  [1433, 'ms-sql'],
  [1521, 'oracle'],
  [5173, 'vite'],
  [4173, 'vite-preview'],
  [5001, 'http-dev'],
  [8008, 'http-alt'],
  [8009, 'ajp'],
  [8081, 'http-alt'],
  [8123, 'home-assistant'],
  [8086, 'influxdb'],
  [8888, 'http-alt'],
  [9000, 'http-alt'],
  [9090, 'prometheus'],
  [9200, 'elasticsearch'],
  [9229, 'node-inspector'],
  [11_211, 'memcached'],
  [11_434, 'ollama'],
  [2375, 'docker'],
  [2376, 'docker-tls'],
  [2379, 'etcd'],
  [5060, 'sip'],
  [5353, 'mdns'],
  [5357, 'wsdapi'],
  [5601, 'kibana'],
  [5672, 'amqp'],
  [15_672, 'rabbitmq'],
  [5985, 'winrm'],
  [6443, 'kubernetes'],
  [7000, 'airplay'],
  [32_400, 'plex'],
  [62_078, 'iphone-sync'],
  [49_152, 'dynamic'],
  [10_000, 'webmin'],
])

/** The usual ports, in the form `parsePorts` reads. */
export const usualPorts: string = [...usualServices.keys()].join(',')

/** Every port there is. */
export const allPorts = `1-${highestPort}`

/** What usually listens on a port; empty when nothing does. It is a guess from the number, not a finding. */
export function usualService(port: number): string {
  return usualServices.get(port) ?? ''
}

/**
 * Reads a list such as `22,80,8000-8100` into ports, in its order, each once.
 *
 * @throws UsageError
 */
export function parsePorts(text: string): number[] {
  const ports = new Set<number>()
  for (const part of text.split(',')) {
    const [first, last] = parseRange(part.trim())
    for (let port = first; port <= last; port += 1) ports.add(port)
  }
  return [...ports]
}

function parseRange(part: string): [first: number, last: number] {
  const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part)
  const first = Number(range?.[1])
  const last = Number(range?.[2] ?? range?.[1])
  if (range && first >= 1 && last <= highestPort && first <= last) return [first, last]
  throw new UsageError(`${quote(part)} is no port or range: ports go from 1 to ${highestPort}, as in 22,80,8000-8100.`)
}
