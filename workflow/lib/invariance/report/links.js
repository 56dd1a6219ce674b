// In Snakemake's report, paths do not work. This page sends its links to the report, which answers
// with the results that it has and shows them on request. All other links become plain words.
if (window.parent !== window) {
  const links = [...document.querySelectorAll("a[data-shows]")];
  const reachable = /^(file|https?):$/.test(location.protocol);
  const addresses = links.map((link) => link.getAttribute("href"));
  if (!reachable) links.forEach((link) => link.removeAttribute("href"));
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || !event.data || !event.data.has) return;
    document.documentElement.classList.add("within");
    links.forEach((link, at) => {
      if (!event.data.has.includes(link.dataset.shows)) return link.removeAttribute("href");
      link.setAttribute("href", addresses[at]);
      link.onclick = (click) => {
        click.preventDefault();
        window.parent.postMessage({ show: link.dataset.shows }, "*");
      };
    });
  });
  window.parent.postMessage({ links: links.map((link) => link.dataset.shows) }, "*");
}
