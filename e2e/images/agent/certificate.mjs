// A self-signed X.509 certificate: what somebody outside the mesh can make for himself, with any SPIFFE ID in it.
import {generateKeyPairSync, randomBytes, sign} from 'node:crypto';

function der(tag, ...parts) {
  const content = Buffer.concat(parts.map(part => Buffer.from(part)));
  const length = content.length;
  const header = length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(header), content]);
}
const sequence = (...parts) => der(0x30, ...parts);
const time = date => der(0x17, date.toISOString().replace(/^..|[-T:]|\.\d+/g, '')); // UTCTime, YYMMDDhhmmssZ
const ecdsaWithSha256 = sequence(der(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));
const subjectAltName = [0x55, 0x1d, 0x11];
const commonName = [0x55, 0x04, 0x03];

export function selfSigned(uri) {
  const {privateKey, publicKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});
  const name = sequence(der(0x31, sequence(der(0x06, commonName), der(0x0c, 'impostor'))));
  const hour = 3600_000;
  const body = sequence(
    der(0xa0, der(0x02, [2])), // version 3
    der(0x02, [1, ...randomBytes(8)]),
    ecdsaWithSha256,
    name,
    sequence(time(new Date(Date.now() - hour)), time(new Date(Date.now() + hour))),
    name,
    publicKey.export({type: 'spki', format: 'der'}),
    der(0xa3, sequence(sequence(der(0x06, subjectAltName), der(0x04, sequence(der(0x86, uri)))))),
  );
  const certificate = sequence(body, ecdsaWithSha256, der(0x03, [0], sign('sha256', body, privateKey)));
  const pem = certificate.toString('base64').match(/.{1,64}/g).join('\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${pem}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({type: 'pkcs8', format: 'pem'}),
  };
}
