// What a customer sends when nothing is given: small, real, made here.

/** An orange kettle, 96 x 72. */
export const SAMPLE_PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAGAAAABICAIAAACGBWc0AAABTUlEQVR42u3ZvQ3CMBCGYS/EBinYhDWYhEGYgZYlqBEdPdChICUB33c/4ZW+PtYj2+e7tMv1' +
  'TibSIAAIIIAAAggggAAiAAEEEEAAAQQQQASg/EDDsF0egAACCCCAAKLM1wO67Yfp/CnQrEseqVZCJ9ColaCZZdJd6gZA591mOoY6n0bq8ucEZKgzMlI/ETyA' +
  'zHXejUYW5kxrAJLeSnIgkc7CutZvpAVS3D7fFv5OIyGQWsdnE6mAzEu7ySbKAmT7Mow9ZfZAnjoOp8wYyLyxCD9llkCKzms9O0jUmq4ESNe72wLlGnckAYp/' +
  'BwGU2qhALxYLVKCbDwfKPg8KNKoxUewcp/Wkxkw6yqjMX40MQOX/ixXVeQGdjgefGOq4rfmZ5vmxcjreQJ1M/kuNAfrNKGSdYUDLpWKXFw+UPwABBBBAAAEE' +
  'EEAAEYAAAsg/D1j9VvLSF12xAAAAAElFTkSuQmCC',
  'base64',
);

/** One second of silence: AMR narrow band, 50 frames of 12.2 kbit/s. */
export const SAMPLE_VOICE = Buffer.concat([Buffer.from('#!AMR\n'), ...Array.from({ length: 50 }, () => Buffer.concat([Buffer.from([0x3c]), Buffer.alloc(31)]))]);

/** An MP4 without a track: enough for whoever looks at its first bytes. */
export const SAMPLE_VIDEO = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom'), Buffer.from([0, 0, 2, 0]), Buffer.from('isommp41'), Buffer.from([0, 0, 0, 8]), Buffer.from('mdat')]);

/** One grey pixel, the still picture of a video or a card. */
export const SAMPLE_THUMB = Buffer.from(
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z',
  'base64',
);
