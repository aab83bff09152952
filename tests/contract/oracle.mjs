// Answers `oracle.rs` with `@wecom/crypto`: one JSON request per line in, one JSON answer per line out.
import { createInterface } from 'node:readline'

const { decrypt, encrypt, getSignature } = (await import('@wecom/crypto')).default

for await (const line of createInterface({ input: process.stdin })) {
  const { token, key, timestamp, nonce, receiver, message, encrypt: sealed } = JSON.parse(line)
  const opened = decrypt(key, sealed)
  const answer = {
    message: opened.message,
    receiver: opened.id,
    signature: getSignature(token, timestamp, nonce, sealed),
    encrypt: encrypt(key, message, receiver),
  }
  answer.encrypt_signature = getSignature(token, timestamp, nonce, answer.encrypt)
  process.stdout.write(JSON.stringify(answer) + '\n')
}
