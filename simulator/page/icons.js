// Line icons, drawn here so that no font needs to have them.

const PATHS = {
  close: 'M15 5 8 12l7 7',
  menu: 'M5 8h14M5 12h14M5 16h14',
  keyboard: 'M3 7h18v10H3zM7 11h.01M11 11h.01M15 11h.01M8 14h8',
  more: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 8v8M8 12h8',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 2-2 5 4M15 9h.01',
  location: 'M12 21s6-6.2 6-11a6 6 0 1 0-12 0c0 4.8 6 11 6 11zM12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  scan: 'M4 9V5h4M16 5h4v4M20 15v4h-4M8 19H4v-4M4 12h16',
  enter: 'M4 5h16v11H9l-5 4zM9 10.5h6M13 8.5l2 2-2 2',
  voice: 'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM6 11a6 6 0 0 0 12 0M12 17v4',
  video: 'M3 6h12v12H3zM15 10l6-3v10l-6-3',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  card: 'M4 6h16v12H4zM4 10h16M8 14h4',
  consent: 'M6 9a6 6 0 0 1 12 0c0 6 2 7 2 7H4s2-1 2-7M10 20h4',
  unfollow: 'M10 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-4 3-6 7-6 1.5 0 2.8.3 4 .8M16 16l5 5M21 16l-5 5',
};
const SVG = 'http://www.w3.org/2000/svg';

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
